-- Text tracks that a captioning service is to write: asked for, or asked and not delivered yet (src/control/captioning).
-- Times are Unix milliseconds.
CREATE TABLE caption_orders (
  -- Also the id of the message to the service.
  id TEXT PRIMARY KEY,
  asset_id TEXT NOT NULL,
  track TEXT NOT NULL,
  -- Whoever has it may deliver the file of this one track, once.
  token TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  -- Signs the message. Null: it is not signed.
  secret TEXT,
  -- The message, the same at each attempt.
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- The service has taken the order.
  accepted INTEGER NOT NULL DEFAULT 0 CHECK (accepted IN (0, 1)),
  -- Of the next attempt; of an accepted order, and of the last attempt, the end.
  due_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (asset_id, track),
  FOREIGN KEY (asset_id, track) REFERENCES tracks (asset_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX caption_orders_due ON caption_orders (due_at);
