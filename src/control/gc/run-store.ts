/** The collections of this deployment, as SQL in the collector's own storage. Each page is one row write, two where it deletes. */
import { type RunReport, reportSchema } from './run-report.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS collections (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  dry_run INTEGER NOT NULL,
  orphans INTEGER NOT NULL,
  grace_ms INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  -- The last key of the pages that are done.
  after TEXT,
  pages INTEGER NOT NULL DEFAULT 0,
  report TEXT NOT NULL,
  -- Keys that are being deleted: journalled first, so that an interruption neither forgets nor counts one twice.
  deleting TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
`;

export type GcRunRow = {
  id: string;
  state: 'running' | 'done' | 'failed';
  dry_run: number;
  orphans: number;
  grace_ms: number;
  started_at: number;
  ended_at: number | null;
  after: string | null;
  pages: number;
  report: string;
  deleting: string | null;
  failures: number;
  error: string | null;
};

export const reportOf = (row: GcRunRow): RunReport => reportSchema.parse(JSON.parse(row.report));

export type NewGcRun = { id: string; dryRun: boolean; orphans: boolean; graceMs: number; startedAtMs: number };

export class GcRunStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  #rows(query: string, ...bindings: SqlStorageValue[]): GcRunRow[] {
    return this.#sql.exec<GcRunRow>(query, ...bindings).toArray();
  }

  add({ id, dryRun, orphans, graceMs, startedAtMs }: NewGcRun, report: RunReport, keep: number): void {
    this.#sql.exec(
      `INSERT INTO collections (id, state, dry_run, orphans, grace_ms, started_at, report)
       VALUES (?, 'running', ?, ?, ?, ?, ?)`,
      id,
      Number(dryRun),
      Number(orphans),
      graceMs,
      startedAtMs,
      JSON.stringify(report),
    );
    this.#sql.exec('DELETE FROM collections WHERE seq <= (SELECT max(seq) FROM collections) - ?', keep);
  }

  running(): GcRunRow | undefined {
    return this.#rows(`SELECT * FROM collections WHERE state = 'running' LIMIT 1`)[0];
  }

  find(id: string): GcRunRow | undefined {
    return this.#rows('SELECT * FROM collections WHERE id = ?', id)[0];
  }

  newest(limit: number): GcRunRow[] {
    return this.#rows('SELECT * FROM collections ORDER BY seq DESC LIMIT ?', limit);
  }

  /** The page is decided: from here on its deletions are as good as done. `after` null: it was the last. */
  finishPage(
    id: string,
    page: { after: string | null; report: RunReport; deleting: readonly string[]; endedAtMs: number | null },
  ): void {
    this.#sql.exec(
      `UPDATE collections SET after = coalesce(?, after), pages = pages + 1, report = ?, deleting = ?, failures = 0,
         ended_at = ? WHERE id = ?`,
      page.after,
      JSON.stringify(page.report),
      page.deleting.length === 0 ? null : JSON.stringify(page.deleting),
      page.endedAtMs,
      id,
    );
  }

  clearDeleting(id: string): void {
    this.#sql.exec('UPDATE collections SET deleting = NULL, failures = 0 WHERE id = ?', id);
  }

  finish(id: string): void {
    this.#sql.exec(`UPDATE collections SET state = 'done' WHERE id = ?`, id);
  }

  /** One failure more; the last one allowed ends it. Returns how many there were in a row. */
  fail(id: string, error: string, maxFailures: number, nowMs: number): number {
    this.#sql.exec(
      `UPDATE collections SET failures = failures + 1, error = ?2,
         state = CASE WHEN failures + 1 >= ?3 THEN 'failed' ELSE state END,
         ended_at = CASE WHEN failures + 1 >= ?3 THEN ?4 ELSE ended_at END WHERE id = ?1`,
      id,
      error,
      maxFailures,
      nowMs,
    );
    return this.find(id)?.failures ?? maxFailures;
  }
}
