/**
 * The TaskBoard's tables, as a list of migrations: a board that has stood for months goes through those that it lacks.
 * Never change one that was released; add to the end.
 */

/** Before boards kept their version, this is what every one had. */
const FIRST = `
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY,
  -- 0 to 100, higher first.
  priority INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS tasks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  job_id TEXT NOT NULL REFERENCES jobs (id),
  kind TEXT NOT NULL,
  input TEXT NOT NULL,
  weight REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting',
  attempt INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  lease TEXT,
  lease_expires_at INTEGER,
  encoder_id TEXT,
  progress REAL NOT NULL DEFAULT 0,
  result TEXT,
  error TEXT,
  available_at INTEGER NOT NULL DEFAULT 0,
  notified INTEGER NOT NULL DEFAULT 0,
  notify_failures INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS tasks_of_job ON tasks (job_id);
`;

const FAIR_QUEUE = `
-- Weight handed out so far, on a clock that all jobs of a priority share: the job furthest behind is next.
ALTER TABLE jobs ADD COLUMN service REAL NOT NULL DEFAULT 0;
-- The first job of a chain of retries; attempts are unique within it, since all of it encodes one version.
ALTER TABLE jobs ADD COLUMN family TEXT;
-- Attempts of this job's tasks begin above it.
ALTER TABLE jobs ADD COLUMN attempt_base INTEGER NOT NULL DEFAULT 0;
-- JSON of the EncodePlan, which a retry keeps.
ALTER TABLE jobs ADD COLUMN plan TEXT;
UPDATE jobs SET family = id;

-- Lower first within a job, then the heaviest.
ALTER TABLE tasks ADD COLUMN rank INTEGER NOT NULL DEFAULT 2;
UPDATE tasks SET rank = 0 WHERE kind <> 'chunk';
ALTER TABLE tasks ADD COLUMN attempt_base INTEGER NOT NULL DEFAULT 0;
-- Whether the lease was found run out when the board woke up and was prolonged for that.
ALTER TABLE tasks ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN ended_at INTEGER;
UPDATE tasks SET state = 'dead' WHERE state = 'failed';

DROP INDEX IF EXISTS tasks_open;
DROP INDEX IF EXISTS tasks_unnotified;
CREATE INDEX tasks_ready ON tasks (job_id, rank, weight DESC, seq) WHERE state = 'waiting' AND available_at = 0;
-- Waiting for the end of a pause after a failure.
CREATE INDEX tasks_paused ON tasks (available_at) WHERE state = 'waiting' AND available_at > 0;
CREATE INDEX tasks_leased ON tasks (seq) WHERE state = 'leased';
CREATE INDEX tasks_dead ON tasks (seq) WHERE state = 'dead';
CREATE INDEX tasks_unnotified ON tasks (notify_failures, seq) WHERE notified = 0 AND state IN ('done', 'dead');
CREATE INDEX jobs_open ON jobs (priority DESC, service, created_at, id) WHERE closed_at IS NULL;
CREATE INDEX jobs_closed ON jobs (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX jobs_of_family ON jobs (family);

CREATE TABLE encoders (
  id TEXT PRIMARY KEY,
  -- JSON of Encoder as it last introduced itself.
  said TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL
) STRICT;
`;

const MIGRATIONS = [FIRST, FAIR_QUEUE];

/** One transaction: nothing in here awaits, so a board is at one version or the next. `upTo` is for tests. */
export function migrate(sql: SqlStorage, upTo = MIGRATIONS.length): void {
  sql.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)');
  const stored = sql.exec<{ version: number }>('SELECT version FROM schema_version').toArray()[0]?.version;
  if (stored === undefined) {
    sql.exec('INSERT INTO schema_version (version) VALUES (0)');
  }
  for (const [index, statements] of MIGRATIONS.slice(0, upTo).entries()) {
    if (index >= (stored ?? 0)) {
      sql.exec(statements);
      sql.exec('UPDATE schema_version SET version = ?', index + 1);
    }
  }
}
