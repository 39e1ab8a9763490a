/** What the catalog knows at the moment of a scrape: jobs and webhooks. Each count reads an index, and 10,000 rows at most. */

import { JOB_STATUSES } from '../catalog/rows.ts';
import type { Gauge } from '../metrics/exposition.ts';

/** A scrape each 15 s then reads at most 10 million rows an hour of each, about a cent. */
const COUNTED_MAX = 10_000;
const DAY_MS = 86_400_000;

/** Those under way, and those made within a day that have ended. */
const JOBS = `
  SELECT status AS state, count(*) AS value FROM (
    SELECT * FROM (SELECT status FROM jobs WHERE status IN ('queued', 'running') LIMIT ${COUNTED_MAX})
    UNION ALL
    SELECT * FROM (SELECT status FROM jobs WHERE created_at > ?1 AND status IN ('done', 'failed', 'cancelled')
      ORDER BY created_at DESC, id DESC LIMIT ${COUNTED_MAX})
  ) GROUP BY status`;

const DELIVERIES = ['pending', 'dead'].map(
  (state) => `
  SELECT '${state}' AS state, count(*) AS value
  FROM (SELECT 1 FROM deliveries WHERE state = '${state}' LIMIT ${COUNTED_MAX})`,
);

const WEBHOOKS = `SELECT iif(disabled = 1, 'disabled', 'enabled') AS state, count(*) AS value FROM webhooks GROUP BY disabled`;

type Count = { state: string; value: number };

/** A state that no row is in counts as 0, so that alerts see it fall. */
const gauge = (name: string, help: string, states: readonly string[], counts: readonly Count[]): Gauge => ({
  name,
  help,
  samples: states.map((state) => ({
    labels: { state },
    value: counts.find((count) => count.state === state)?.value ?? 0,
  })),
});

export async function catalogGauges(db: D1Database, nowMs: number): Promise<Gauge[]> {
  const [jobs, deliveries, webhooks] = await db.batch<Count>([
    db.prepare(JOBS).bind(nowMs - DAY_MS),
    db.prepare(DELIVERIES.join(' UNION ALL ')),
    db.prepare(WEBHOOKS),
  ]);
  return [
    gauge(
      'sluice_jobs',
      `Jobs under way, and those made within 24 hours that have ended; counting stops at ${COUNTED_MAX} of each.`,
      JOB_STATUSES,
      jobs?.results ?? [],
    ),
    gauge(
      'sluice_webhook_deliveries',
      `Deliveries that are due or waiting, and those given up; counting stops at ${COUNTED_MAX} of each.`,
      ['pending', 'dead'],
      deliveries?.results ?? [],
    ),
    gauge(
      'sluice_webhooks',
      'Registered webhooks; disabled ones are told nothing.',
      ['enabled', 'disabled'],
      webhooks?.results ?? [],
    ),
  ];
}
