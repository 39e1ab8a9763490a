/**
 * The event log: what happened to each asset, in order. A change of the catalog and its event are one D1 transaction. SQL
 * finds the event by comparing what the API shows after the change with the asset's last event. So a repeated step, which
 * changes nothing, adds no event, and no state goes without one.
 */

import { randomId } from '../platform/random-id.ts';
import { Sql, sql } from '../platform/sql.ts';
import { assetRowSchema, jobRowSchema } from './rows.ts';
import { wakeDeliveries } from './wake.ts';

/** Every column that the API shows, but those whose change alone is no event (`aside` below), and warnings (`rowJson`). */
const ASSET_COLUMNS = Object.keys(
  assetRowSchema.omit({ source_key: true, source_url: true, options: true, updated_at: true, warnings: true }).shape,
);
const JOB_COLUMNS = Object.keys(
  jobRowSchema.omit({ priority: true, updated_at: true, warnings: true, track: true }).shape,
);

/**
 * A JSON array of objects, which the reader merges. D1 functions take at most 32 arguments, two a column: a 16th column
 * needs a second object. Rows without warnings have no such object, so what events of releases without warnings say of
 * them still compares equal.
 */
function rowJson(table: string, columns: readonly string[]): Sql {
  const members = columns.map((column) => {
    // SQLite would round a number in JSON to 15 digits; the API shows more.
    const value = column.endsWith('_seconds') ? `printf('%!.17g', ${table}.${column})` : `${table}.${column}`;
    return `'${column}', iif(${table}.${column} IS NULL, NULL, ${value})`;
  });
  const row = `json_object(${members.join(', ')})`;
  const warnings = `json_object('warnings', ${table}.warnings)`;
  return new Sql(`iif(${table}.warnings IS NULL, json_array(${row}), json_array(${row}, ${warnings}))`);
}

const STATE = sql`json_object('asset', ${rowJson('a', ASSET_COLUMNS)}, 'job', iif(j.id IS NULL, NULL, ${rowJson('j', JOB_COLUMNS)}))`;

/** The asset as it is now, and its last event. Jobs that add a track are no part of it: a revision that has it is. */
const nowAndBefore = (assetId: string) => sql`
  now AS (
    SELECT a.id, a.status, a.ready, j.id AS job_id, j.status AS job_status, ${STATE} AS state,
      json_object('asset', json_object('updated_at', a.updated_at),
        'job', json_object('updated_at', j.updated_at, 'priority', j.priority)) AS aside
    FROM assets a LEFT JOIN jobs j
      ON j.id = (SELECT id FROM jobs WHERE asset_id = a.id AND track IS NULL ORDER BY created_at DESC, id DESC LIMIT 1)
    WHERE a.id = ${assetId}
  ),
  before AS (
    SELECT sequence, asset_status, job_status, json_extract(snapshot, '$.state') AS state,
      json_extract(snapshot, '$.state.asset[0].ready') AS ready, json_extract(snapshot, '$.state.job[0].id') AS job_id
    FROM events WHERE asset_id = ${assetId} ORDER BY sequence DESC LIMIT 1
  )`;

/**
 * The most important change. A job that is done is reported as a ready version, even if one was ready before; other changes
 * of a job while the asset goes on playing are reported as the job's.
 */
const CHANGE_TYPE = sql`CASE
  WHEN before.sequence IS NULL OR now.status IS NOT before.asset_status THEN 'asset.' || now.status
  WHEN now.ready = 'partial' AND before.ready IS NOT now.ready THEN 'asset.ready_partial'
  WHEN now.job_status IS NOT before.job_status OR now.job_id IS NOT before.job_id THEN
    CASE WHEN now.job_status = 'done' THEN 'asset.ready' ELSE 'job.' || now.job_status END
  ELSE 'asset.updated' END`;

export const newEventId = (): string => `evt_${randomId(16)}`;

/** Adds the event, and a delivery for each endpoint that is subscribed to events of its type. */
function recording(db: D1Database, assetId: string, nowMs: number, type: Sql, unlessSame: Sql): D1PreparedStatement[] {
  const id = newEventId();
  const event = sql`
    WITH ${nowAndBefore(assetId)}
    INSERT INTO events (id, asset_id, sequence, type, asset_status, job_status, snapshot, created_at)
    SELECT ${id}, now.id, coalesce(before.sequence, 0) + 1, ${type}, now.status, now.job_status,
      json_object('state', json(now.state), 'aside', json(now.aside)), ${nowMs}
    FROM now LEFT JOIN before ON true ${unlessSame}`;
  return [event.on(db), addressing(id, nowMs).on(db)];
}

/** A delivery of the event for each endpoint that is subscribed to its type. */
export const addressing = (eventId: string, nowMs: number): Sql => sql`
    INSERT INTO deliveries (webhook_id, event_id, asset_id, sequence, state, next_attempt_at, created_at)
    SELECT w.id, e.id, e.asset_id, e.sequence, 'pending', ${nowMs}, ${nowMs} FROM events e JOIN webhooks w
      ON w.disabled = 0 AND (w.types IS NULL OR EXISTS (SELECT 1 FROM json_each(w.types) WHERE value = e.type))
    WHERE e.id = ${eventId}`;

/**
 * Runs a change of one asset and its jobs and writes its event, as one transaction; then wakes the deliveries. If the Worker
 * dies in between, the next sweep finds the deliveries that are due.
 */
export async function commitChange(
  db: D1Database,
  assetId: string,
  nowMs: number,
  change: D1PreparedStatement[],
): Promise<D1Result[]> {
  const recorded = recording(db, assetId, nowMs, CHANGE_TYPE, sql`WHERE before.state IS NOT now.state`);
  const results = await db.batch([...change, ...recorded]);
  await wakeIfAddressed(assetId, results.at(-1));
  return results.slice(0, change.length);
}

/** The event comes first: it reads the rows that are deleted. */
export async function commitDeletion(
  db: D1Database,
  assetId: string,
  nowMs: number,
  deletion: D1PreparedStatement[],
): Promise<void> {
  const recorded = recording(db, assetId, nowMs, sql`'asset.deleted'`, sql``);
  const results = await db.batch([...recorded, ...deletion]);
  await wakeIfAddressed(assetId, results[recorded.length - 1]);
}

export async function wakeIfAddressed(assetId: string, addressed: D1Result | undefined): Promise<void> {
  if ((addressed?.meta.changes ?? 0) > 0) {
    await wakeDeliveries([{ asset: assetId }]);
  }
}
