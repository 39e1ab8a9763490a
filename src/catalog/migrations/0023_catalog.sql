-- What owners say of their assets, how lists find them, and when they play. Times are Unix milliseconds.

ALTER TABLE assets ADD COLUMN description TEXT;
-- JSON arrays of text, each without repetition; null for none.
ALTER TABLE assets ADD COLUMN tags TEXT;
ALTER TABLE assets ADD COLUMN categories TEXT;
-- The asset's id in the owner's system. Not unique: that system may make several assets of one film of its own.
ALTER TABLE assets ADD COLUMN external_id TEXT;
-- A JSON object, the owner's.
ALTER TABLE assets ADD COLUMN metadata TEXT;
ALTER TABLE assets ADD COLUMN creator_id TEXT;
-- It plays from the first until before the second, and is deleted at the third.
ALTER TABLE assets ADD COLUMN publish_at INTEGER;
ALTER TABLE assets ADD COLUMN unpublish_at INTEGER;
ALTER TABLE assets ADD COLUMN delete_at INTEGER;

CREATE INDEX assets_to_delete ON assets (delete_at) WHERE delete_at IS NOT NULL;

CREATE TRIGGER scheduled_asset_is_mirrored AFTER UPDATE OF publish_at, unpublish_at, delete_at ON assets
WHEN NEW.current_version IS NOT NULL
BEGIN
  INSERT INTO stale_mirrors (key, mark) VALUES ('assets/' || NEW.id || '/current.json', hex(randomblob(8)))
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0;
END;

-- Facets: what assets are filtered and counted by (src/catalog/facets.ts). The table holds what the view says of each asset, in
-- the order of lists.
CREATE VIEW facets_of_assets (asset_id, created_at, facet, value) AS
  SELECT assets.id, created_at, key, value FROM assets, json_each(json_object(
    'status', status, 'ready', ready, 'policy', policy, 'disabled', iif(disabled, 'true', 'false'), 'creatorId', creator_id,
    'externalId', external_id, 'error', error_code, 'warnings', iif(warnings IS NULL, 'none', 'any')
  )) WHERE value IS NOT NULL
  UNION ALL SELECT assets.id, created_at, 'tag', value FROM assets, json_each(tags)
  UNION ALL SELECT assets.id, created_at, 'category', value FROM assets, json_each(categories)
  UNION ALL SELECT assets.id, created_at, 'warnings', value ->> 'code' FROM assets, json_each(warnings);

CREATE TABLE asset_facets (
  facet TEXT NOT NULL,
  value TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  PRIMARY KEY (facet, value, created_at, asset_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX asset_facets_of_asset ON asset_facets (asset_id, facet, value);

CREATE TABLE facet_counts (
  facet TEXT NOT NULL,
  value TEXT NOT NULL,
  assets INTEGER NOT NULL,
  PRIMARY KEY (facet, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX facet_counts_most ON facet_counts (facet, assets DESC);

INSERT INTO asset_facets (asset_id, created_at, facet, value) SELECT DISTINCT * FROM facets_of_assets;
INSERT INTO facet_counts (facet, value, assets) SELECT facet, value, count(*) FROM asset_facets GROUP BY facet, value;

CREATE TRIGGER added_facet_is_counted AFTER INSERT ON asset_facets
BEGIN
  INSERT INTO facet_counts (facet, value, assets) VALUES (NEW.facet, NEW.value, 1)
  ON CONFLICT (facet, value) DO UPDATE SET assets = assets + 1;
END;

CREATE TRIGGER removed_facet_is_counted AFTER DELETE ON asset_facets
BEGIN
  UPDATE facet_counts SET assets = assets - 1 WHERE facet = OLD.facet AND value = OLD.value;
  DELETE FROM facet_counts WHERE facet = OLD.facet AND value = OLD.value AND assets <= 0;
END;

CREATE TRIGGER added_asset_has_facets AFTER INSERT ON assets
BEGIN
  INSERT INTO asset_facets (asset_id, created_at, facet, value)
    SELECT DISTINCT * FROM facets_of_assets WHERE asset_id = NEW.id;
END;

CREATE TRIGGER changed_asset_has_facets
AFTER UPDATE OF status, ready, policy, disabled, tags, categories, creator_id, external_id, error_code, warnings ON assets
BEGIN
  DELETE FROM asset_facets WHERE asset_id = NEW.id
    AND (facet, value) NOT IN (SELECT facet, value FROM facets_of_assets WHERE asset_id = NEW.id);
  INSERT INTO asset_facets (asset_id, created_at, facet, value)
    SELECT asset_id, created_at, facet, value FROM facets_of_assets WHERE asset_id = NEW.id
    EXCEPT SELECT asset_id, created_at, facet, value FROM asset_facets WHERE asset_id = NEW.id;
END;

-- The text that assets are searched by, in its search form (src/catalog/text-index.ts). Assets that are new or have changed are
-- only noted here; the next search brings the index in line. No trigger names the virtual tables, so that every change of
-- the catalog works without them: they have to be dropped for an export (docs/operations/backup.md).
--
-- The columns of 0013 (title_folded) stay for the Worker that runs while this is deployed. Nothing else uses them.
CREATE TABLE asset_texts (
  -- Grows with each asset: newest first is the order of ids from the end, which is how the virtual tables are read.
  id INTEGER PRIMARY KEY,
  -- Null: deleted, and still in the index.
  asset_id TEXT UNIQUE,
  -- As they are in the index. Null: not in it.
  title TEXT,
  description TEXT,
  tags TEXT,
  -- The runs of scripts that put no spaces between words.
  unspaced TEXT,
  stale INTEGER NOT NULL DEFAULT 1 CHECK (stale IN (0, 1)),
  -- Grows with each change: a call that read an earlier text does not index it over a later one.
  change INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX asset_texts_stale ON asset_texts (id) WHERE stale = 1;
CREATE INDEX asset_texts_unspaced ON asset_texts (id) WHERE unspaced IS NOT NULL;

CREATE VIRTUAL TABLE asset_words USING fts5 (
  title, description, tags,
  content = 'asset_texts', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4 5 6 7 8'
);
CREATE VIRTUAL TABLE asset_trigrams USING fts5 (
  unspaced, content = 'asset_texts', content_rowid = 'id', tokenize = 'trigram'
);

INSERT INTO asset_texts (asset_id) SELECT id FROM assets ORDER BY created_at, id;

CREATE TRIGGER added_asset_is_indexed AFTER INSERT ON assets
BEGIN
  INSERT INTO asset_texts (asset_id) VALUES (NEW.id);
END;

CREATE TRIGGER changed_asset_is_indexed AFTER UPDATE OF title, description, tags ON assets
WHEN NEW.title IS NOT OLD.title OR NEW.description IS NOT OLD.description OR NEW.tags IS NOT OLD.tags
BEGIN
  UPDATE asset_texts SET stale = 1, change = change + 1 WHERE asset_id = NEW.id;
END;

CREATE TRIGGER deleted_asset_is_indexed AFTER DELETE ON assets
BEGIN
  UPDATE asset_texts SET asset_id = NULL, stale = 1, change = change + 1 WHERE asset_id = OLD.id;
END;
