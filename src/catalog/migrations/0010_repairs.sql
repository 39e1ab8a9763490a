-- What has to be brought in line with the catalog after a change of it. The database notes it in the transaction of the
-- change, whichever code makes the change; a sweep each minute finds what the caller did not finish. Times are Unix
-- milliseconds.

-- Objects of the bucket that mirror the catalog (src/catalog/mirror.ts).
CREATE TABLE stale_mirrors (
  key TEXT PRIMARY KEY,
  -- New with each change: a writer that read an earlier state does not take away the note of a later one.
  mark TEXT NOT NULL,
  -- 0: not written since the change. Else when it is written once more, over an earlier write that was still on its way.
  look_again_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TRIGGER changed_asset_is_mirrored
AFTER UPDATE OF current_version, current_revision, policy, disabled, prewarm ON assets
WHEN NEW.current_version IS NOT NULL
BEGIN
  INSERT INTO stale_mirrors (key, mark) VALUES ('assets/' || NEW.id || '/current.json', hex(randomblob(8)))
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0;
END;

CREATE TRIGGER deleted_asset_is_mirrored AFTER DELETE ON assets
WHEN OLD.current_version IS NOT NULL
BEGIN
  INSERT INTO stale_mirrors (key, mark) VALUES ('assets/' || OLD.id || '/current.json', hex(randomblob(8)))
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0;
END;

CREATE TRIGGER added_signing_key_is_mirrored AFTER INSERT ON signing_keys
BEGIN
  INSERT INTO stale_mirrors (key, mark) VALUES ('edge/keys.json', hex(randomblob(8)))
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0;
END;

CREATE TRIGGER deleted_signing_key_is_mirrored AFTER DELETE ON signing_keys
BEGIN
  INSERT INTO stale_mirrors (key, mark) VALUES ('edge/keys.json', hex(randomblob(8)))
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0;
END;

CREATE TRIGGER added_revocation_is_mirrored AFTER INSERT ON revocations
BEGIN
  INSERT INTO stale_mirrors (key, mark) VALUES ('edge/revocations.json', hex(randomblob(8)))
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0;
END;

CREATE TRIGGER changed_revocation_is_mirrored AFTER UPDATE ON revocations
BEGIN
  INSERT INTO stale_mirrors (key, mark) VALUES ('edge/revocations.json', hex(randomblob(8)))
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0;
END;

-- Those that have expired may stay in the object: their end is in it.
CREATE TRIGGER deleted_revocation_is_mirrored AFTER DELETE ON revocations
WHEN OLD.expires_at IS NULL OR OLD.expires_at > unixepoch() * 1000
BEGIN
  INSERT INTO stale_mirrors (key, mark) VALUES ('edge/revocations.json', hex(randomblob(8)))
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0;
END;

-- Earlier versions of Sluice left these stale where a write to the bucket failed.
INSERT INTO stale_mirrors (key, mark)
  SELECT value, 'first' FROM json_each('["edge/keys.json", "edge/revocations.json"]')
  WHERE EXISTS (SELECT 1 FROM assets) OR EXISTS (SELECT 1 FROM deleted_assets);
INSERT INTO stale_mirrors (key, mark)
  SELECT 'assets/' || id || '/current.json', 'first' FROM assets WHERE current_version IS NOT NULL AND disabled = 1;
INSERT INTO stale_mirrors (key, mark) SELECT 'assets/' || id || '/current.json', 'first' FROM deleted_assets;

-- Jobs whose workflow and tasks are to be compared with their row here (src/control/encoding/workflow/settle-jobs.ts): one that is
-- under way from time to time, one that has ended until nothing of it runs any more. Without reference: it outlives the
-- job of a deleted asset.
CREATE TABLE unsettled_jobs (
  job_id TEXT PRIMARY KEY,
  due_at INTEGER NOT NULL
) STRICT;

CREATE INDEX unsettled_jobs_due ON unsettled_jobs (due_at);

-- A minute is left to the call that makes the change.
CREATE TRIGGER added_job_is_settled AFTER INSERT ON jobs
WHEN NEW.status IN ('queued', 'running')
BEGIN
  INSERT INTO unsettled_jobs (job_id, due_at) VALUES (NEW.id, NEW.created_at + 60000)
  ON CONFLICT (job_id) DO UPDATE SET due_at = excluded.due_at;
END;

CREATE TRIGGER changed_job_is_settled AFTER UPDATE OF status, priority ON jobs
WHEN OLD.status IN ('queued', 'running')
BEGIN
  INSERT INTO unsettled_jobs (job_id, due_at) VALUES (NEW.id, NEW.updated_at + 60000)
  ON CONFLICT (job_id) DO UPDATE SET due_at = excluded.due_at;
END;

CREATE TRIGGER deleted_job_is_settled AFTER DELETE ON jobs
WHEN OLD.status IN ('queued', 'running')
BEGIN
  INSERT INTO unsettled_jobs (job_id, due_at) VALUES (OLD.id, 0)
  ON CONFLICT (job_id) DO UPDATE SET due_at = excluded.due_at;
END;

INSERT INTO unsettled_jobs (job_id, due_at) SELECT id, 0 FROM jobs WHERE status IN ('queued', 'running');

-- Whether the published revision has every track of the version: its job can only end well from then on.
ALTER TABLE versions ADD COLUMN whole INTEGER NOT NULL DEFAULT 0 CHECK (whole IN (0, 1));
