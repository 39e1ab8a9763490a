-- Files that are being brought in (src/control/uploads). Bytes and offset are in the Durable Object of the upload, or in R2; this
-- row says that the upload exists, and what became of it. Times are Unix milliseconds.
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  -- SHA-256, in hexadecimal, of the last step of its URL. Null where there is no such URL.
  capability_hash TEXT,
  -- `part`: to be concatenated; `whole`: of parts; `direct`: to the bucket, by presigned URLs.
  kind TEXT NOT NULL CHECK (kind IN ('file', 'part', 'whole', 'direct')),
  state TEXT NOT NULL CHECK (state IN ('open', 'finished', 'failed', 'expired', 'deleted')),
  file_name TEXT NOT NULL,
  content_type TEXT,
  -- The header Upload-Metadata as it was sent.
  metadata TEXT,
  -- Bytes. Null: not known yet.
  length INTEGER,
  max_bytes INTEGER NOT NULL,
  -- Seconds of film: a longer one fails. Null: no limit of its own.
  max_seconds REAL,
  -- Of the object in the bucket: the source, once the upload is finished.
  key TEXT NOT NULL,
  -- R2's, of a direct upload.
  multipart_id TEXT,
  -- Of a whole: JSON array of the ids of its parts.
  parts TEXT,
  -- JSON: what POST /v1/assets takes, without its source. Null: a finished upload waits for a call that names it.
  asset TEXT,
  -- The asset that has been made of it, or has it as its source.
  asset_id TEXT,
  creator_id TEXT,
  -- JSON array: sites whose pages may use it. Null: all.
  origins TEXT,
  error_code TEXT,
  error_message TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;

CREATE INDEX uploads_newest ON uploads (created_at DESC, id DESC);
-- Of a part, also once it has all bytes: its object is needed until the whole is made.
CREATE INDEX uploads_expiring ON uploads (expires_at) WHERE state = 'open' OR (kind = 'part' AND state = 'finished');
-- A finished one is known as long as its object: that it was brought in lets garbage collection take it.
CREATE INDEX uploads_ended ON uploads (updated_at) WHERE state IN ('failed', 'expired', 'deleted');
CREATE INDEX uploads_of_asset ON uploads (asset_id) WHERE asset_id IS NOT NULL;

-- URLs that make one upload each, for other people's browsers. `id` is the upload's: a second use meets its row.
CREATE TABLE upload_links (
  id TEXT PRIMARY KEY,
  -- SHA-256, in hexadecimal, of the URL's `link`.
  token_hash TEXT NOT NULL,
  max_bytes INTEGER NOT NULL,
  max_seconds REAL,
  asset TEXT,
  creator_id TEXT,
  origins TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX upload_links_expiring ON upload_links (expires_at);
