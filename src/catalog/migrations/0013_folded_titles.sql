-- Titles as they are searched (src/catalog/title-search.ts): SQLite itself ignores case in ASCII alone. Null until a search
-- needs it: for new rows, for those from before this column, and after each change of the title, whichever Worker made it.

ALTER TABLE assets ADD COLUMN title_folded TEXT;
CREATE INDEX assets_unfolded ON assets (id) WHERE title_folded IS NULL;

CREATE TRIGGER retitled_asset_is_folded_again AFTER UPDATE OF title ON assets
WHEN NEW.title IS NOT OLD.title AND NEW.title_folded IS NOT NULL
BEGIN
  UPDATE assets SET title_folded = NULL WHERE id = NEW.id;
END;

-- What a scrape of /metrics counts (src/ops/gauges.ts).
CREATE INDEX jobs_active ON jobs (status) WHERE status IN ('queued', 'running');
CREATE INDEX deliveries_dead ON deliveries (webhook_id) WHERE state = 'dead';
