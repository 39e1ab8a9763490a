/**
 * The event log: what happened to each asset, in order. A change of the catalog is committed together with the event that
 * tells it, in one D1 transaction. The event is not announced by whoever makes the change but found by comparing what the
 * API shows after it with the asset's last event: a step that is repeated changes nothing and so tells nothing, and a
 * state that is there was told.
 */

import { randomId } from '../platform/random-id.ts';
import type { AssetRow, JobRow } from './rows.ts';
import { wakeDeliveries } from './wake.ts';

/** What is shown but is no change by itself (see `aside` below), and what is not shown. */
type Untold = 'updated_at' | 'priority' | 'source_key' | 'source_url';
type AssetSnapshot = Omit<AssetRow, Untold>;
type JobSnapshot = Omit<JobRow, Untold>;

/** Every column that the API shows; the compiler asks for new ones. */
const ASSET_COLUMNS = Object.keys({
  id: true,
  title: true,
  policy: true,
  disabled: true,
  prewarm: true,
  status: true,
  ready: true,
  error_code: true,
  error_message: true,
  current_version: true,
  current_revision: true,
  duration_seconds: true,
  width: true,
  height: true,
  created_at: true,
} satisfies Record<keyof AssetSnapshot, true>);

const JOB_COLUMNS = Object.keys({
  id: true,
  asset_id: true,
  version: true,
  status: true,
  retry_of: true,
  error_code: true,
  error_message: true,
  created_at: true,
} satisfies Record<keyof JobSnapshot, true>);

/** D1 takes at most 32 arguments of a function: two a column. */
const COLUMNS_PER_OBJECT = 15;

/** A JSON array of objects; the reader lays them over one another. */
function rowJson(table: string, columns: readonly string[]): string {
  const objects: string[] = [];
  for (let at = 0; at < columns.length; at += COLUMNS_PER_OBJECT) {
    const members = columns.slice(at, at + COLUMNS_PER_OBJECT).map((column) => {
      // SQLite writes a number into JSON with 15 digits, which is not the number that the API shows.
      const value = column.endsWith('_seconds') ? `printf('%!.17g', ${table}.${column})` : `${table}.${column}`;
      return `'${column}', iif(${table}.${column} IS NULL, NULL, ${value})`;
    });
    objects.push(`json_object(${members.join(', ')})`);
  }
  return `json_array(${objects.join(', ')})`;
}

const STATE = `json_object('asset', ${rowJson('a', ASSET_COLUMNS)}, 'job', iif(j.id IS NULL, NULL, ${rowJson('j', JOB_COLUMNS)}))`;

/** The asset as it now is, and its last event. */
const NOW_AND_BEFORE = `
  now AS (
    SELECT a.id, a.status, a.ready, j.id AS job_id, j.status AS job_status, ${STATE} AS state,
      json_object('asset', json_object('updated_at', a.updated_at),
        'job', json_object('updated_at', j.updated_at, 'priority', j.priority)) AS aside
    FROM assets a LEFT JOIN jobs j
      ON j.id = (SELECT id FROM jobs WHERE asset_id = a.id ORDER BY created_at DESC, id DESC LIMIT 1)
    WHERE a.id = ?2
  ),
  before AS (
    SELECT sequence, asset_status, job_status, json_extract(snapshot, '$.state') AS state,
      json_extract(snapshot, '$.state.asset[0].ready') AS ready, json_extract(snapshot, '$.state.job[0].id') AS job_id
    FROM events WHERE asset_id = ?2 ORDER BY sequence DESC LIMIT 1
  )`;

/**
 * The most telling of what changed. A job that is done is a version that is ready, also where one was ready before; what a
 * job does to an asset that goes on playing is told as the job's.
 */
const TYPE = `CASE
  WHEN before.sequence IS NULL OR now.status IS NOT before.asset_status THEN 'asset.' || now.status
  WHEN now.ready = 'partial' AND before.ready IS NOT now.ready THEN 'asset.ready_partial'
  WHEN now.job_status IS NOT before.job_status OR now.job_id IS NOT before.job_id THEN
    CASE WHEN now.job_status = 'done' THEN 'asset.ready' ELSE 'job.' || now.job_status END
  ELSE 'asset.updated' END`;

const insertEvent = (type: string, unlessSame: string): string => `
  WITH ${NOW_AND_BEFORE}
  INSERT INTO events (id, asset_id, sequence, type, asset_status, job_status, snapshot, created_at)
  SELECT ?1, now.id, coalesce(before.sequence, 0) + 1, ${type}, now.status, now.job_status,
    json_object('state', json(now.state), 'aside', json(now.aside)), ?3
  FROM now LEFT JOIN before ON true ${unlessSame}`;

const RECORD_CHANGE = insertEvent(TYPE, 'WHERE before.state IS NOT now.state');
const RECORD_DELETION = insertEvent(`'asset.deleted'`, '');

/** One delivery for each endpoint that asked for events of this type. */
const ADDRESS_EVENT = `
  INSERT INTO deliveries (webhook_id, event_id, asset_id, sequence, state, next_attempt_at, created_at)
  SELECT w.id, e.id, e.asset_id, e.sequence, 'pending', ?2, ?2 FROM events e JOIN webhooks w
    ON w.disabled = 0 AND (w.types IS NULL OR EXISTS (SELECT 1 FROM json_each(w.types) WHERE value = e.type))
  WHERE e.id = ?1`;

export const newEventId = (): string => `evt_${randomId(16)}`;

function recording(db: D1Database, insert: string, assetId: string, nowMs: number): D1PreparedStatement[] {
  const id = newEventId();
  return [db.prepare(insert).bind(id, assetId, nowMs), db.prepare(ADDRESS_EVENT).bind(id, nowMs)];
}

/**
 * Runs a change of one asset and its jobs, and writes the event of what it changed, as one transaction; then has the
 * event delivered. Whoever dies between the two leaves deliveries that are due, which the next sweep finds.
 */
export async function commitChange(
  db: D1Database,
  assetId: string,
  nowMs: number,
  change: D1PreparedStatement[],
): Promise<D1Result[]> {
  const results = await db.batch([...change, ...recording(db, RECORD_CHANGE, assetId, nowMs)]);
  await wakeIfAddressed(assetId, results.at(-1));
  return results.slice(0, change.length);
}

/** The event first: afterwards there is nothing left that it could tell of. */
export async function commitDeletion(
  db: D1Database,
  assetId: string,
  nowMs: number,
  deletion: D1PreparedStatement[],
): Promise<void> {
  const recorded = recording(db, RECORD_DELETION, assetId, nowMs);
  const results = await db.batch([...recorded, ...deletion]);
  await wakeIfAddressed(assetId, results[recorded.length - 1]);
}

async function wakeIfAddressed(assetId: string, addressed: D1Result | undefined): Promise<void> {
  if ((addressed?.meta.changes ?? 0) > 0) {
    await wakeDeliveries([{ asset: assetId }]);
  }
}
