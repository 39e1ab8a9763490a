-- Assets whose tracks or chapters have changed since their last revision was published. The database notes it in the
-- transaction of the change; a sweep each minute publishes what the caller did not (src/control/revisions). Times are Unix
-- milliseconds.
CREATE TABLE stale_revisions (
  -- Without reference: rows of a deleted asset note it too.
  asset_id TEXT PRIMARY KEY,
  -- New with each change: a writer that read an earlier state does not take away the note of a later one.
  mark TEXT NOT NULL,
  -- A minute is left to the call that makes the change.
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX stale_revisions_due ON stale_revisions (due_at);

CREATE TRIGGER added_track_is_published AFTER INSERT ON tracks
BEGIN
  INSERT INTO stale_revisions (asset_id, mark, due_at)
  VALUES (NEW.asset_id, hex(randomblob(8)), unixepoch() * 1000 + 60000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

CREATE TRIGGER changed_track_is_published
AFTER UPDATE OF kind, language, name, role, is_default, shift_ms, content, state ON tracks
BEGIN
  INSERT INTO stale_revisions (asset_id, mark, due_at)
  VALUES (NEW.asset_id, hex(randomblob(8)), unixepoch() * 1000 + 60000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

CREATE TRIGGER deleted_track_is_published AFTER DELETE ON tracks
BEGIN
  INSERT INTO stale_revisions (asset_id, mark, due_at)
  VALUES (OLD.asset_id, hex(randomblob(8)), unixepoch() * 1000 + 60000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

CREATE TRIGGER added_chapters_are_published AFTER INSERT ON chapters
BEGIN
  INSERT INTO stale_revisions (asset_id, mark, due_at)
  VALUES (NEW.asset_id, hex(randomblob(8)), unixepoch() * 1000 + 60000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

CREATE TRIGGER changed_chapters_are_published AFTER UPDATE OF entries ON chapters
BEGIN
  INSERT INTO stale_revisions (asset_id, mark, due_at)
  VALUES (NEW.asset_id, hex(randomblob(8)), unixepoch() * 1000 + 60000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

-- A version that was published by an encode which had read the rows before they changed. Further revisions of one version
-- are built on each other, so that none is lost.
CREATE TRIGGER new_version_has_tracks AFTER UPDATE OF current_version ON assets
WHEN NEW.current_version IS NOT OLD.current_version AND (
  EXISTS (SELECT 1 FROM tracks WHERE asset_id = NEW.id) OR EXISTS (SELECT 1 FROM chapters WHERE asset_id = NEW.id)
)
BEGIN
  INSERT INTO stale_revisions (asset_id, mark, due_at)
  VALUES (NEW.id, hex(randomblob(8)), unixepoch() * 1000 + 60000)
  ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark, due_at = excluded.due_at;
END;

-- How many revisions of the version changed its tracks without an encode. Garbage collection seals a version a day after its
-- job; these revisions may follow all the same: they name what the last revision names, and objects with new keys.
ALTER TABLE versions ADD COLUMN overlays INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER sealed_version_keeps_its_revision;
CREATE TRIGGER sealed_version_keeps_its_revision BEFORE UPDATE OF revision ON versions
WHEN NEW.revision <> OLD.revision AND EXISTS (
  SELECT 1 FROM version_marks WHERE asset_id = NEW.asset_id AND version = NEW.id
    AND (collected_at IS NOT NULL OR NEW.overlays = OLD.overlays)
)
BEGIN
  SELECT RAISE(ABORT, 'version_sealed');
END;

-- Sessions on the revision before may have begun just now.
CREATE TRIGGER earlier_revision_is_not_retired AFTER UPDATE OF revision ON versions
WHEN NEW.revision <> OLD.revision
BEGIN
  UPDATE version_marks SET earlier_retired_at = NULL
  WHERE asset_id = NEW.asset_id AND version = NEW.id AND earlier_retired_at IS NOT NULL;
END;
