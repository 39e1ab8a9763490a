-- What tracks that are added need of garbage collection.

-- A track may be added to a sealed version: its objects are newer than what the collection decided on, and its job keeps the
-- version from being collected while it is active.
DROP TRIGGER sealed_version_takes_no_job;
CREATE TRIGGER sealed_version_takes_no_job BEFORE INSERT ON jobs
WHEN NEW.track IS NULL
  AND EXISTS (SELECT 1 FROM version_marks WHERE asset_id = NEW.asset_id AND version = NEW.version)
BEGIN
  SELECT RAISE(ABORT, 'version_sealed');
END;

DROP TRIGGER sealed_version_keeps_its_jobs_ended;
CREATE TRIGGER sealed_version_keeps_its_jobs_ended BEFORE UPDATE OF status ON jobs
WHEN NEW.track IS NULL AND NEW.status IN ('queued', 'running') AND OLD.status NOT IN ('queued', 'running')
  AND EXISTS (SELECT 1 FROM version_marks WHERE asset_id = NEW.asset_id AND version = NEW.version)
BEGIN
  SELECT RAISE(ABORT, 'version_sealed');
END;

-- A file that is being deleted is no track's, as it is no asset's (0006).
CREATE INDEX tracks_of_content ON tracks (content) WHERE content IS NOT NULL;

CREATE TRIGGER collected_source_makes_no_track BEFORE INSERT ON tracks
WHEN EXISTS (SELECT 1 FROM collected_sources WHERE key = NEW.content)
BEGIN
  SELECT RAISE(ABORT, 'source_collected');
END;

CREATE TRIGGER collected_source_is_not_taken_by_track BEFORE UPDATE OF content ON tracks
WHEN EXISTS (SELECT 1 FROM collected_sources WHERE key = NEW.content)
BEGIN
  SELECT RAISE(ABORT, 'source_collected');
END;
