-- Views as the counters last copied them (src/analytics/count/roll-up.ts), for lists and rankings; the counters themselves know more.
-- Times are Unix milliseconds, days are UTC: 2026-11-20.

CREATE TABLE asset_views (
  asset_id TEXT PRIMARY KEY REFERENCES assets (id) ON DELETE CASCADE,
  views INTEGER NOT NULL,
  viewers INTEGER NOT NULL,
  watch_seconds INTEGER NOT NULL,
  -- At `updated_at`; a counter copies again when it falls to none.
  watching INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- The day that ran at `updated_at`, and its views until then.
  day TEXT NOT NULL,
  day_views INTEGER NOT NULL
) STRICT;

-- What is watched now and today is found by when it was copied last (src/analytics/read/asset-views.ts): an index each on what is
-- watching and on the day's views would be a row more for each copy of each asset, every minute.
CREATE INDEX asset_views_latest ON asset_views (updated_at);
CREATE INDEX asset_views_most ON asset_views (views DESC);

CREATE TABLE asset_view_days (
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  day TEXT NOT NULL,
  views INTEGER NOT NULL,
  viewers INTEGER NOT NULL,
  watch_seconds INTEGER NOT NULL,
  PRIMARY KEY (asset_id, day)
) STRICT, WITHOUT ROWID;
