/** Runs of garbage collection, in the collector's own storage. A page writes one row, or two where it deletes. */
import { GC_RUNS_KEPT, MAX_RUN_FAILURES } from './limits.ts';
import type { RunReport } from './run-report.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS collections (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  dry_run INTEGER NOT NULL,
  orphans INTEGER NOT NULL,
  grace_ms INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  -- When the last page was decided; its deletions may follow.
  ended_at INTEGER,
  -- The last key of the pages that are done.
  after TEXT,
  pages INTEGER NOT NULL DEFAULT 0,
  report TEXT NOT NULL,
  -- Keys that are being deleted. They are written first, so that an interruption neither forgets one nor counts it twice.
  deleting TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
`;

const COLUMNS = `id, state, dry_run AS dryRun, orphans, grace_ms AS graceMs, started_at AS startedAtMs,
  ended_at AS endedAtMs, after, pages, report, deleting, failures, error`;

type StoredRun = {
  id: string;
  state: 'running' | 'done' | 'failed';
  dryRun: number;
  orphans: number;
  graceMs: number;
  startedAtMs: number;
  endedAtMs: number | null;
  after: string | null;
  pages: number;
  report: string;
  deleting: string | null;
  failures: number;
  error: string | null;
};

const runOf = ({ dryRun, orphans, report, deleting, ...run }: StoredRun) => ({
  ...run,
  dryRun: dryRun === 1,
  orphans: orphans === 1,
  report: JSON.parse(report) as RunReport,
  deleting: JSON.parse(deleting ?? '[]') as string[],
});
export type GcRun = ReturnType<typeof runOf>;

export class GcRunStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  #select(clause: string, ...bindings: SqlStorageValue[]): GcRun[] {
    const query = `SELECT ${COLUMNS} FROM collections ${clause}`;
    return this.#sql
      .exec<StoredRun>(query, ...bindings)
      .toArray()
      .map(runOf);
  }

  /** Throws if there is no such run. */
  #changed(query: string, ...bindings: SqlStorageValue[]): GcRun {
    return runOf(this.#sql.exec<StoredRun>(`${query} RETURNING ${COLUMNS}`, ...bindings).one());
  }

  add({ id, dryRun, orphans, graceMs }: Pick<GcRun, 'id' | 'dryRun' | 'orphans' | 'graceMs'>, nowMs: number): GcRun {
    const report: RunReport = { listed: 0, tallies: [] };
    const values = [id, Number(dryRun), Number(orphans), graceMs, nowMs, JSON.stringify(report)];
    const added = this.#changed(
      `INSERT INTO collections (id, state, dry_run, orphans, grace_ms, started_at, report)
       VALUES (?, 'running', ?, ?, ?, ?, ?)`,
      ...values,
    );
    this.#sql.exec('DELETE FROM collections WHERE seq <= (SELECT max(seq) FROM collections) - ?', GC_RUNS_KEPT);
    return added;
  }

  running(): GcRun | undefined {
    return this.#select(`WHERE state = 'running' LIMIT 1`)[0];
  }

  find(id: string): GcRun | undefined {
    return this.#select('WHERE id = ?', id)[0];
  }

  newest(limit: number): GcRun[] {
    return this.#select('ORDER BY seq DESC LIMIT ?', limit);
  }

  /** The page is decided: its deletions will take place, whatever happens. `after` null: it was the last page. */
  finishPage({ id, report }: GcRun, after: string | null, deleting: readonly string[], nowMs: number): GcRun {
    const journal = deleting.length === 0 ? null : JSON.stringify(deleting);
    return this.#changed(
      `UPDATE collections SET after = coalesce(?1, after), ended_at = iif(?1 IS NULL, ?2, NULL), pages = pages + 1,
         report = ?3, deleting = ?4, failures = 0 WHERE id = ?5`,
      ...[after, nowMs, JSON.stringify(report), journal, id],
    );
  }

  clearDeleting(id: string): void {
    this.#sql.exec('UPDATE collections SET deleting = NULL, failures = 0 WHERE id = ?', id);
  }

  finish(id: string): void {
    this.#sql.exec(`UPDATE collections SET state = 'done' WHERE id = ?`, id);
  }

  /** Counts one more failure in a row; the last one that is allowed ends the run. */
  fail(id: string, error: string, nowMs: number): GcRun {
    return this.#changed(
      `UPDATE collections SET failures = failures + 1, error = ?2,
         state = iif(failures + 1 >= ?3, 'failed', state), ended_at = iif(failures + 1 >= ?3, ?4, ended_at)
       WHERE id = ?1`,
      ...[id, error, MAX_RUN_FAILURES, nowMs],
    );
  }
}
