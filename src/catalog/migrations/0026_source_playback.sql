-- Films that play from the uploaded file itself, before or instead of an encode. Times are Unix milliseconds.

-- 1 where what plays, or the newest revision, is made from the source; null otherwise. Then `ready` is 'partial' while a job
-- encodes the ladder, and 'full' where none is to (`encode` in the options); the API says 'source'.
ALTER TABLE assets ADD COLUMN from_source INTEGER CHECK (from_source = 1);
ALTER TABLE versions ADD COLUMN from_source INTEGER CHECK (from_source = 1);

-- What the look at a source has found (src/protocol/source-look.ts), as JSON; null before it. Of a job, and of an upload of
-- which the index has arrived.
ALTER TABLE jobs ADD COLUMN look TEXT;
ALTER TABLE uploads ADD COLUMN look TEXT;

DROP VIEW facets_of_assets;
CREATE VIEW facets_of_assets (asset_id, created_at, facet, value) AS
  SELECT assets.id, created_at, key, value FROM assets, json_each(json_object(
    'status', status, 'ready', iif(from_source = 1, 'source', ready), 'policy', policy,
    'disabled', iif(disabled, 'true', 'false'), 'creatorId', creator_id, 'externalId', external_id, 'error', error_code,
    'warnings', iif(warnings IS NULL, 'none', 'any')
  )) WHERE value IS NOT NULL
  UNION ALL SELECT assets.id, created_at, 'tag', value FROM assets, json_each(tags)
  UNION ALL SELECT assets.id, created_at, 'category', value FROM assets, json_each(categories)
  UNION ALL SELECT assets.id, created_at, 'warnings', value ->> 'code' FROM assets, json_each(warnings);

CREATE TRIGGER source_playback_has_facets AFTER UPDATE OF from_source ON assets
BEGIN
  DELETE FROM asset_facets WHERE asset_id = NEW.id
    AND (facet, value) NOT IN (SELECT facet, value FROM facets_of_assets WHERE asset_id = NEW.id);
  INSERT INTO asset_facets (asset_id, created_at, facet, value)
    SELECT asset_id, created_at, facet, value FROM facets_of_assets WHERE asset_id = NEW.id
    EXCEPT SELECT asset_id, created_at, facet, value FROM asset_facets WHERE asset_id = NEW.id;
END;

-- Films that play from their source and whose ladder may be due (src/control/source-playback/on-demand.ts). Noted whenever it may have
-- become due; whoever looks and has nothing to wait for takes the note away.
CREATE TABLE due_ladders (
  asset_id TEXT PRIMARY KEY REFERENCES assets (id) ON DELETE CASCADE,
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX due_ladders_at ON due_ladders (due_at);

CREATE TRIGGER first_view_may_make_ladder_due AFTER INSERT ON asset_views
WHEN EXISTS (SELECT 1 FROM assets WHERE id = NEW.asset_id AND from_source = 1 AND options ->> 'encode' = 'onDemand')
BEGIN
  INSERT INTO due_ladders (asset_id, due_at) VALUES (NEW.asset_id, unixepoch() * 1000)
  ON CONFLICT (asset_id) DO UPDATE SET due_at = excluded.due_at;
END;

CREATE TRIGGER view_may_make_ladder_due AFTER UPDATE OF views ON asset_views
WHEN NEW.views > OLD.views
  AND EXISTS (SELECT 1 FROM assets WHERE id = NEW.asset_id AND from_source = 1 AND options ->> 'encode' = 'onDemand')
BEGIN
  INSERT INTO due_ladders (asset_id, due_at) VALUES (NEW.asset_id, unixepoch() * 1000)
  ON CONFLICT (asset_id) DO UPDATE SET due_at = excluded.due_at;
END;

CREATE TRIGGER mode_may_make_ladder_due AFTER UPDATE OF options ON assets
WHEN NEW.from_source = 1 AND NEW.options ->> 'encode' = 'onDemand'
BEGIN
  INSERT INTO due_ladders (asset_id, due_at) VALUES (NEW.id, unixepoch() * 1000)
  ON CONFLICT (asset_id) DO UPDATE SET due_at = excluded.due_at;
END;

-- Its asset may have been given another mode while it ran, or views before.
CREATE TRIGGER end_of_job_may_make_ladder_due AFTER UPDATE OF status ON jobs
WHEN NEW.status = 'done' AND OLD.status <> 'done' AND EXISTS (SELECT 1 FROM assets
  WHERE id = NEW.asset_id AND from_source = 1 AND coalesce(options ->> 'encode', 'always') <> 'never')
BEGIN
  INSERT INTO due_ladders (asset_id, due_at) VALUES (NEW.asset_id, unixepoch() * 1000)
  ON CONFLICT (asset_id) DO UPDATE SET due_at = excluded.due_at;
END;
