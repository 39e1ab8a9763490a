-- API tokens, what was changed with them, and the answers of calls that may be repeated. Times are Unix milliseconds.

CREATE TABLE api_tokens (
  id TEXT PRIMARY KEY,
  -- SHA-256 in hexadecimal. A token has 256 random bits: no salt or slow hash makes it harder to guess.
  token_hash TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- JSON array (src/http/scopes.ts).
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  -- Some minutes old at most (src/http/api-tokens.ts).
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_tokens_newest ON api_tokens (created_at DESC, id DESC);

CREATE TABLE audit_log (
  -- Entries are listed and pruned in this order.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created_at INTEGER NOT NULL,
  -- `root`: API_TOKEN.
  token_id TEXT NOT NULL,
  -- At that time; the token may be gone.
  token_name TEXT NOT NULL,
  operation TEXT NOT NULL,
  -- JSON object of ids.
  target TEXT NOT NULL,
  asset_id TEXT,
  -- JSON array: the members of a PATCH.
  fields TEXT,
  request_id TEXT NOT NULL,
  client_ip TEXT
) STRICT;

-- An index holds the id too, so that each gives its entries newest first.
CREATE INDEX audit_by_token ON audit_log (token_id);
CREATE INDEX audit_by_operation ON audit_log (operation);
CREATE INDEX audit_by_asset ON audit_log (asset_id) WHERE asset_id IS NOT NULL;

CREATE TABLE idempotent_calls (
  -- Derived from the token and the Idempotency-Key (src/http/idempotency-keys.ts): neither is stored.
  id TEXT PRIMARY KEY,
  -- SHA-256 of method, URL, type and body.
  request_hash TEXT NOT NULL,
  -- The attempt that runs, or that has answered.
  attempt TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- Encrypted. Null: it runs. Empty: it was too large to keep.
  answer TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotent_calls_expiring ON idempotent_calls (expires_at);
