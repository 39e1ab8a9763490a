-- A sealed version takes further revisions: a text, a dub or a label that is added years later. What garbage collection decided
-- under the seal stays right, since such a revision names nothing that its predecessor does not name and that is older than
-- the grace of a collection: its objects were written for it. A job that adds a track counts as one of its version, whose
-- objects are kept while it is active.

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

-- The first revision of a sealed version still cannot be published (0006): all of its jobs have failed.
DROP TRIGGER sealed_version_keeps_its_revision;

CREATE TRIGGER collected_version_keeps_its_revision BEFORE UPDATE OF revision ON versions
WHEN NEW.revision <> OLD.revision AND EXISTS (
  SELECT 1 FROM version_marks WHERE asset_id = NEW.asset_id AND version = NEW.id AND collected_at IS NOT NULL
)
BEGIN
  SELECT RAISE(ABORT, 'version_sealed');
END;

-- Sessions on what was the last revision until now may just have begun.
CREATE TRIGGER later_revision_is_played AFTER UPDATE OF revision ON versions
WHEN NEW.revision <> OLD.revision
BEGIN
  UPDATE version_marks SET earlier_retired_at = NULL
  WHERE asset_id = NEW.asset_id AND version = NEW.id AND earlier_retired_at IS NOT NULL;
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
