-- What may no longer play. Times are Unix milliseconds. The delivery plane reads edge/revocations.json instead.

CREATE TABLE revocations (
  kind TEXT NOT NULL CHECK (kind IN ('session', 'link', 'viewer', 'asset', 'key')),
  value TEXT NOT NULL,
  -- 96 bits of SHA-256 in hexadecimal (src/access/revocation-list.ts): kept, so that the mirror is written without hashing.
  fingerprint TEXT NOT NULL,
  reason TEXT,
  -- Null: never.
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (kind, value)
) STRICT;

-- The mirror is read in this order, from the index alone.
CREATE UNIQUE INDEX revocations_by_fingerprint ON revocations (fingerprint, expires_at);
CREATE INDEX revocations_newest ON revocations (created_at DESC, fingerprint DESC);
CREATE INDEX revocations_expiring ON revocations (expires_at);
