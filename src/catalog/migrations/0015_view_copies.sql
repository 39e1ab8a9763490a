-- A copy of an asset's views (src/analytics/count/roll-up.ts) costs one row, so all that it tells is in that row. What is indexed is in
-- columns of its own, which are written only when they change: a statement that sets an indexed column pays for the index each time.

ALTER TABLE asset_views ADD COLUMN day_viewers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE asset_views ADD COLUMN day_watch_seconds INTEGER NOT NULL DEFAULT 0;
-- Days before `day`, JSON: [[day, views, viewers, watch_seconds], …]. Earlier releases had a row for each in asset_view_days, which nothing
-- reads any more.
ALTER TABLE asset_views ADD COLUMN days TEXT NOT NULL DEFAULT '[]';
-- Of `updated_at`, since 1970.
ALTER TABLE asset_views ADD COLUMN week INTEGER NOT NULL DEFAULT 0;
-- Of `views`.
ALTER TABLE asset_views ADD COLUMN digits INTEGER NOT NULL DEFAULT 1;

UPDATE asset_views SET week = updated_at / 604800000, digits = length(views), days = (
  SELECT json_group_array(json_array(d.day, d.views, d.viewers, d.watch_seconds)) FROM asset_view_days d
  WHERE d.asset_id = asset_views.asset_id AND d.day < asset_views.day);
UPDATE asset_views SET day_viewers = d.viewers, day_watch_seconds = d.watch_seconds FROM asset_view_days d
  WHERE d.asset_id = asset_views.asset_id AND d.day = asset_views.day;

DROP INDEX asset_views_latest;
DROP INDEX asset_views_most;
CREATE INDEX asset_views_week ON asset_views (week);
CREATE INDEX asset_views_digits ON asset_views (digits);
