-- Sound that is added to an asset: rows of `tracks` of kind `audio`, each encoded by a job of its own. Times are Unix milliseconds.

-- The version that has the track. Null: none yet. An asset's next version has to get it anew.
ALTER TABLE tracks ADD COLUMN version TEXT;

-- Assets with sound that may have to be encoded (src/control/encoding/workflow/start-dub.ts). Noted whenever it may have
-- become possible; whoever looks and can start nothing takes the note away.
CREATE TABLE due_dubs (
  -- Without reference: a job of a deleted asset notes it too.
  asset_id TEXT PRIMARY KEY,
  -- New with each change: who looked at an earlier state does not take away the note of a later one.
  mark TEXT NOT NULL,
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX due_dubs_at ON due_dubs (due_at);

-- A minute is left to the call that adds it.
CREATE TRIGGER added_dub_is_due AFTER INSERT ON tracks
WHEN NEW.origin = 'added' AND NEW.kind = 'audio'
BEGIN
  INSERT INTO due_dubs (asset_id, mark, due_at)
  VALUES (NEW.asset_id, hex(randomblob(8)), unixepoch() * 1000 + 60000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

CREATE TRIGGER dub_of_ready_asset_is_due AFTER UPDATE OF current_version, ready ON assets
WHEN NEW.ready = 'full' AND EXISTS (SELECT 1 FROM tracks WHERE asset_id = NEW.id AND origin = 'added' AND kind = 'audio')
BEGIN
  INSERT INTO due_dubs (asset_id, mark, due_at) VALUES (NEW.id, hex(randomblob(8)), unixepoch() * 1000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

-- Its asset may have one job at a time.
CREATE TRIGGER dub_behind_job_is_due AFTER UPDATE OF status ON jobs
WHEN OLD.status IN ('queued', 'running') AND NEW.status NOT IN ('queued', 'running')
  AND EXISTS (SELECT 1 FROM tracks WHERE asset_id = NEW.asset_id AND origin = 'added' AND kind = 'audio')
BEGIN
  INSERT INTO due_dubs (asset_id, mark, due_at) VALUES (NEW.asset_id, hex(randomblob(8)), unixepoch() * 1000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

-- The row of a track says what becomes of its job, in one transaction with it.
CREATE TRIGGER dub_of_job_waits AFTER INSERT ON jobs
WHEN NEW.track IS NOT NULL
BEGIN
  UPDATE tracks SET state = 'waiting', error_code = NULL, error_message = NULL, updated_at = NEW.created_at
  WHERE asset_id = NEW.asset_id AND id = NEW.track;
END;

CREATE TRIGGER dub_of_job_ends AFTER UPDATE OF status ON jobs
WHEN NEW.track IS NOT NULL AND OLD.status IN ('queued', 'running') AND NEW.status NOT IN ('queued', 'running')
BEGIN
  UPDATE tracks SET
    state = iif(NEW.status = 'done', 'ready', 'failed'),
    version = iif(NEW.status = 'done', NEW.version, version),
    warnings = iif(NEW.status = 'done', NEW.warnings, warnings),
    error_code = iif(NEW.status = 'cancelled', 'cancelled', NEW.error_code),
    error_message = iif(NEW.status = 'cancelled', 'The job was cancelled', NEW.error_message),
    updated_at = NEW.updated_at
  WHERE asset_id = NEW.asset_id AND id = NEW.track;
END;

CREATE TRIGGER job_of_deleted_dub_is_cancelled AFTER DELETE ON tracks
WHEN OLD.kind = 'audio'
BEGIN
  UPDATE jobs SET status = 'cancelled', updated_at = unixepoch() * 1000
  WHERE asset_id = OLD.asset_id AND track = OLD.id AND status IN ('queued', 'running');
END;
