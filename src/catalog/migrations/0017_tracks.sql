-- What a film consists of beside its picture. Times are Unix milliseconds.

-- Tracks of an asset that were added to it, and what was changed of those that its source has. Null in a column of a source's
-- track: as the version says.
CREATE TABLE tracks (
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('source', 'added')),
  kind TEXT CHECK (kind IN ('audio', 'subtitles', 'captions', 'forced', 'descriptions')),
  language TEXT,
  -- Empty: none.
  name TEXT,
  role TEXT,
  is_default INTEGER CHECK (is_default IN (0, 1)),
  -- Of text.
  shift_ms INTEGER NOT NULL DEFAULT 0,
  -- Key in the bucket: a file of cues, or sound. Null: what the source has.
  content TEXT,
  -- Where the content is pulled from.
  content_url TEXT,
  -- `waiting`: for the sound to be encoded, or for a captioning service. `deleted`: the version has it, players must not.
  state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'failed', 'deleted')),
  error_code TEXT,
  error_message TEXT,
  warnings TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (asset_id, id)
) STRICT;

-- Chapters that were set through the API; they replace those of the source in this language.
CREATE TABLE chapters (
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  -- JSON: [{startMs, title}, …]; empty: none.
  entries TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (asset_id, language)
) STRICT;

-- How an asset is encoded: JSON (src/protocol/encode-options.ts).
ALTER TABLE assets ADD COLUMN options TEXT;

-- The track that a job adds to a version; null for a job that encodes a version.
ALTER TABLE jobs ADD COLUMN track TEXT;
