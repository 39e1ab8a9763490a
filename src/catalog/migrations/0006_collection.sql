-- What the collection of garbage rests on. Each mark is a promise that the database itself keeps from then on (triggers
-- below), so a decision to delete that was taken under a mark stays right, whatever happens meanwhile. Times are Unix
-- milliseconds.

-- sealed:    no job will encode this version again and no revision of it will be published: what its presentations do not
--            name is garbage. A retry of its failed job must encode a new version.
-- retired:   seen not to be the one that plays, neither in the catalog nor in current.json. Taken back when it is again.
-- collected: its last session has ended. It can never be current again, and all of its objects go.
CREATE TABLE version_marks (
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  version TEXT NOT NULL,
  sealed_at INTEGER NOT NULL,
  retired_at INTEGER,
  collected_at INTEGER,
  PRIMARY KEY (asset_id, version)
) STRICT;

-- Assets that were deleted and may still have objects. Their ids are not used again.
CREATE TABLE deleted_assets (
  id TEXT PRIMARY KEY,
  deleted_at INTEGER NOT NULL,
  -- When a collection last met an object of it.
  seen_at INTEGER
) STRICT;

-- Sources that are being deleted at this moment: no asset may be made of them.
CREATE TABLE collected_sources (
  key TEXT PRIMARY KEY,
  marked_at INTEGER NOT NULL
) STRICT;

CREATE INDEX assets_of_source ON assets (source_key);

CREATE TRIGGER sealed_version_takes_no_job BEFORE INSERT ON jobs
WHEN EXISTS (SELECT 1 FROM version_marks WHERE asset_id = NEW.asset_id AND version = NEW.version)
BEGIN
  SELECT RAISE(ABORT, 'version_sealed');
END;

CREATE TRIGGER sealed_version_keeps_its_jobs_ended BEFORE UPDATE OF status ON jobs
WHEN NEW.status IN ('queued', 'running') AND OLD.status NOT IN ('queued', 'running')
  AND EXISTS (SELECT 1 FROM version_marks WHERE asset_id = NEW.asset_id AND version = NEW.version)
BEGIN
  SELECT RAISE(ABORT, 'version_sealed');
END;

-- Publishing the same revision again changes nothing and is let through.
CREATE TRIGGER sealed_version_is_not_published BEFORE INSERT ON versions
WHEN EXISTS (SELECT 1 FROM version_marks WHERE asset_id = NEW.asset_id AND version = NEW.id)
  AND NOT EXISTS (SELECT 1 FROM versions WHERE asset_id = NEW.asset_id AND id = NEW.id AND revision >= NEW.revision)
BEGIN
  SELECT RAISE(ABORT, 'version_sealed');
END;

CREATE TRIGGER sealed_version_keeps_its_revision BEFORE UPDATE OF revision ON versions
WHEN NEW.revision <> OLD.revision
  AND EXISTS (SELECT 1 FROM version_marks WHERE asset_id = NEW.asset_id AND version = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'version_sealed');
END;

CREATE TRIGGER collected_version_is_not_current BEFORE UPDATE OF current_version ON assets
WHEN EXISTS (
  SELECT 1 FROM version_marks WHERE asset_id = NEW.id AND version = NEW.current_version AND collected_at IS NOT NULL
)
BEGIN
  SELECT RAISE(ABORT, 'version_collected');
END;

CREATE TRIGGER current_version_is_not_retired AFTER UPDATE OF current_version ON assets
BEGIN
  UPDATE version_marks SET retired_at = NULL
  WHERE asset_id = NEW.id AND version = NEW.current_version AND retired_at IS NOT NULL;
END;

CREATE TRIGGER deleted_asset_stays_deleted BEFORE INSERT ON assets
WHEN EXISTS (SELECT 1 FROM deleted_assets WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'asset_deleted');
END;

CREATE TRIGGER collected_source_makes_no_asset BEFORE INSERT ON assets
WHEN EXISTS (SELECT 1 FROM collected_sources WHERE key = NEW.source_key)
BEGIN
  SELECT RAISE(ABORT, 'source_collected');
END;

CREATE TRIGGER collected_source_is_not_taken BEFORE UPDATE OF source_key ON assets
WHEN EXISTS (SELECT 1 FROM collected_sources WHERE key = NEW.source_key)
BEGIN
  SELECT RAISE(ABORT, 'source_collected');
END;
