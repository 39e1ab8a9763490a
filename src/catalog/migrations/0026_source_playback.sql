-- Films that play from the uploaded file itself, before or instead of an encode. Times are Unix milliseconds.

-- 1 where what plays, or the newest revision, is made from the source; null otherwise. Then `ready` is 'partial' while a job
-- encodes the ladder, and 'full' where none is to (`encode` in the options); the API says 'source'.
ALTER TABLE assets ADD COLUMN from_source INTEGER CHECK (from_source = 1);
ALTER TABLE versions ADD COLUMN from_source INTEGER CHECK (from_source = 1);
CREATE INDEX assets_from_source ON assets (id) WHERE from_source = 1;

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
