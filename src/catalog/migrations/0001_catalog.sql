-- The catalog: what people ask the control API about. Times are Unix milliseconds. The delivery plane never reads it.

CREATE TABLE assets (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  policy TEXT NOT NULL CHECK (policy IN ('signed', 'public')),
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  status TEXT NOT NULL CHECK (status IN ('waiting', 'queued', 'encoding', 'ready', 'failed')),
  error_code TEXT,
  error_message TEXT,
  source_key TEXT NOT NULL,
  source_url TEXT,
  current_version TEXT,
  current_revision INTEGER,
  duration_seconds REAL,
  width INTEGER,
  height INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX assets_newest ON assets (created_at DESC, id DESC);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  -- The version that this job encodes.
  version TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  error_code TEXT,
  error_message TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX jobs_newest ON jobs (created_at DESC, id DESC);
CREATE INDEX jobs_of_asset ON jobs (asset_id, created_at DESC);

CREATE TABLE versions (
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  PRIMARY KEY (asset_id, id)
) STRICT;

CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  alg TEXT NOT NULL CHECK (alg IN ('ES256', 'EdDSA', 'RS256')),
  public_jwk TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
