-- What has happened to assets, and who is to be told. An event is written in the transaction of the state that it reports,
-- its deliveries with it: there is nothing to lose between the two. Times are Unix milliseconds.

CREATE TABLE events (
  id TEXT PRIMARY KEY,
  -- No reference: the event of its deletion outlives the asset.
  asset_id TEXT NOT NULL,
  -- 1, 2, … of the asset.
  sequence INTEGER NOT NULL,
  type TEXT NOT NULL,
  asset_status TEXT NOT NULL,
  job_status TEXT,
  -- The asset's and its latest job's rows as they were (src/catalog/event-log.ts).
  snapshot TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (asset_id, sequence)
) STRICT;

CREATE INDEX events_newest ON events (created_at DESC, id DESC);

CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  -- JSON array of event types; null: all of them.
  types TEXT,
  secret TEXT NOT NULL,
  -- Signs too, until then: so that receivers can change over one by one.
  previous_secret TEXT,
  previous_until INTEGER,
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  disabled_reason TEXT,
  -- Since when every attempt has failed; null after one that did not.
  failing_since INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
  asset_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  last_status INTEGER,
  last_error TEXT,
  last_attempt_at INTEGER,
  -- Of a pending one. While an attempt is under way, when it is taken to have been lost.
  next_attempt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (webhook_id, event_id)
) STRICT;

-- The next event of an asset for an endpoint; what is due; an endpoint's list.
CREATE INDEX deliveries_in_order ON deliveries (webhook_id, asset_id, sequence) WHERE state = 'pending';
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX deliveries_newest ON deliveries (webhook_id, created_at DESC, event_id DESC);
CREATE INDEX deliveries_of_event ON deliveries (event_id);
