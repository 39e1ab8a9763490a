-- Versions of one asset that are made of different files. Times are Unix milliseconds.

-- What a job encodes, so that its version can be made current again, and a retry has the same file. The asset's own columns
-- are those of the version that plays. Null for a job that adds a track.
ALTER TABLE jobs ADD COLUMN source_key TEXT;
ALTER TABLE jobs ADD COLUMN source_url TEXT;
-- JSON, as assets.options.
ALTER TABLE jobs ADD COLUMN options TEXT;

UPDATE jobs SET (source_key, source_url, options) = (SELECT source_key, source_url, options FROM assets WHERE id = jobs.asset_id)
WHERE track IS NULL;

CREATE INDEX jobs_of_source ON jobs (source_key) WHERE source_key IS NOT NULL;

-- A job that names no file encodes the asset's, also where the release before inserts it.
CREATE TRIGGER job_has_source AFTER INSERT ON jobs
WHEN NEW.source_key IS NULL AND NEW.track IS NULL
BEGIN
  UPDATE jobs SET (source_key, source_url, options) = (SELECT source_key, source_url, options FROM assets WHERE id = NEW.asset_id)
  WHERE id = NEW.id;
END;

-- A file that is being deleted is no job's, as it is no asset's (0006).
CREATE TRIGGER collected_source_makes_no_job BEFORE INSERT ON jobs
WHEN EXISTS (SELECT 1 FROM collected_sources WHERE key = NEW.source_key)
BEGIN
  SELECT RAISE(ABORT, 'source_collected');
END;

CREATE TRIGGER collected_source_is_not_taken_by_job BEFORE UPDATE OF source_key ON jobs
WHEN EXISTS (SELECT 1 FROM collected_sources WHERE key = NEW.source_key)
BEGIN
  SELECT RAISE(ABORT, 'source_collected');
END;

-- Of the newest revision. Until now no asset has had a whole version beside the one that plays.
ALTER TABLE versions ADD COLUMN duration_seconds REAL;
ALTER TABLE versions ADD COLUMN width INTEGER;
ALTER TABLE versions ADD COLUMN height INTEGER;

UPDATE versions SET duration_seconds = a.duration_seconds, width = a.width, height = a.height
FROM assets a WHERE a.id = versions.asset_id AND a.current_version = versions.id;

-- Files that Sluice has brought into the bucket, as an encoder has read them. The same file in two places is stored once: what
-- was noted later is linked to what was noted first.
CREATE TABLE source_hashes (
  seq INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  -- Of the whole file, in hexadecimal.
  sha256 TEXT NOT NULL,
  size_bytes INTEGER NOT NULL
) STRICT;

CREATE INDEX source_hashes_same ON source_hashes (sha256, size_bytes);
