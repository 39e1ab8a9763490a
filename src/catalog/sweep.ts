/** The sweeps of each minute over rows that note what is still to be done, each with the time at which it is due. */
import { inGroups } from '../platform/at-once.ts';
import { type Sql, sql } from '../platform/sql.ts';

/** Six calls each, of the 10,000 that one run of a Worker may make. Where more rows are due, each waits longer. */
const SWEEP_LIMIT = 1_000;
/** A Worker waits for six answers at a time. */
const AT_ONCE = 5;
/** The next sweep does the rest. */
const MAX_SWEEP_MS = 50_000;

/**
 * Calls `settle` with the key of each row that is due, the longest due first. `select` gives `key` and `at`. An `at` that is
 * more than `longestMs` ahead was written by a clock that has been set back.
 */
export async function sweepDue(
  db: D1Database,
  select: Sql,
  longestMs: number,
  nowMs: number,
  settle: (key: string) => Promise<void>,
): Promise<void> {
  const due = sql`${select} WHERE at <= ${nowMs} OR at > ${nowMs + longestMs} ORDER BY at LIMIT ${SWEEP_LIMIT}`;
  const { results } = await due.on(db).all<{ key: string }>();
  const startedMs = Date.now();
  const goesOn = () => Date.now() - startedMs < MAX_SWEEP_MS;
  await inGroups(results, AT_ONCE, ({ key }) => settle(key), goesOn);
}
