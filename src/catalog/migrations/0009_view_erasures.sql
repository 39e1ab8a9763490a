-- What counters of views still have to let go of: a request stays until it is done, whatever fails meanwhile
-- (src/analytics/erase/erasures.ts). Times are Unix milliseconds.

CREATE TABLE view_erasures (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('asset', 'viewer')),
  -- The asset's id; of a viewer, a JSON array of hashes, and never what the app calls the viewer.
  subject TEXT NOT NULL,
  -- Of a viewer: assets up to this id are done in the present pass.
  cursor TEXT NOT NULL DEFAULT '',
  -- Whole passes done: what was on its way to a counter during one is met by the next.
  passes INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL
) STRICT;

CREATE INDEX view_erasures_due ON view_erasures (due_at);
