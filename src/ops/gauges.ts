/** Gauges of jobs and webhooks, counted at a scrape. Each count reads an index, and 10,000 rows at most. */

import type { Gauge } from '../metrics/exposition.ts';
import { DAY_MS } from '../platform/days.ts';
import { sql } from '../platform/sql.ts';
import { COUNTED_MAX, GAUGES, gauge } from './gauge-series.ts';

/** Active jobs, and those of the last 24 hours that have ended. */
const countJobs = (sinceMs: number) => sql`
  SELECT status AS state, count(*) AS value FROM (
    SELECT * FROM (SELECT status FROM jobs WHERE status IN ('queued', 'running') LIMIT ${COUNTED_MAX})
    UNION ALL
    SELECT * FROM (SELECT status FROM jobs WHERE created_at > ${sinceMs} AND status IN ('done', 'failed', 'cancelled')
      ORDER BY created_at DESC, id DESC LIMIT ${COUNTED_MAX})
  ) GROUP BY status`;

/** The states are literals, because SQLite uses a partial index only for a literal of its condition. */
const COUNT_DELIVERIES = sql`
  SELECT 'pending' AS state, count(*) AS value
  FROM (SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT ${COUNTED_MAX})
  UNION ALL
  SELECT 'dead', count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'dead' LIMIT ${COUNTED_MAX})`;

const COUNT_WEBHOOKS = sql`
  SELECT iif(disabled = 1, 'disabled', 'enabled') AS state, count(*) AS value FROM webhooks GROUP BY disabled`;

type Count = { state: string; value: number };

const byState = (counts: D1Result<Count> | undefined): Record<string, number> =>
  Object.fromEntries(counts?.results.map(({ state, value }) => [state, value]) ?? []);

export async function catalogGauges(db: D1Database, nowMs: number): Promise<Gauge[]> {
  const [jobs, deliveries, webhooks] = await db.batch<Count>([
    countJobs(nowMs - DAY_MS).on(db),
    COUNT_DELIVERIES.on(db),
    COUNT_WEBHOOKS.on(db),
  ]);
  return [
    gauge(GAUGES.jobs, byState(jobs)),
    gauge(GAUGES.deliveries, byState(deliveries)),
    gauge(GAUGES.webhooks, byState(webhooks)),
  ];
}
