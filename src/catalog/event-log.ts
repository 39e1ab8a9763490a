/**
 * The event log: what happened to each asset, in order. A change of the catalog and its event are one D1 transaction. SQL
 * finds the event by comparing what the API shows after the change with the asset's last event. So a repeated step, which
 * changes nothing, adds no event, and no state goes without one.
 */

import { randomId } from '../platform/random-id.ts';
import { Sql, sql } from '../platform/sql.ts';
import { assetDetailsSchema, assetRowSchema, jobRowSchema } from './rows.ts';
import { type Wake, wakeDeliveries } from './wake.ts';

const DETAIL_COLUMNS = Object.keys(assetDetailsSchema.shape);
/** Every column that the API shows, but those whose change alone is no event (`aside` below), and those of `rowJson`'s `more`. */
const ASSET_COLUMNS = Object.keys(
  assetRowSchema.omit({
    source_key: true,
    source_url: true,
    options: true,
    updated_at: true,
    warnings: true,
    from_source: true,
  }).shape,
).filter((column) => !DETAIL_COLUMNS.includes(column));
const JOB_COLUMNS = Object.keys(
  jobRowSchema.omit({
    ...{ source_key: true, source_url: true, options: true, priority: true },
    ...{ updated_at: true, warnings: true, track: true, look: true },
  }).shape,
);

function objectJson(table: string, columns: readonly string[]): string {
  const members = columns.map((column) => {
    // SQLite would round a number in JSON to 15 digits; the API shows more.
    const value = column.endsWith('_seconds') ? `printf('%!.17g', ${table}.${column})` : `${table}.${column}`;
    return `'${column}', iif(${table}.${column} IS NULL, NULL, ${value})`;
  });
  return `json_object(${members.join(', ')})`;
}

/**
 * A JSON array of objects, which the reader merges. D1 functions take at most 32 arguments, two a column: a 16th column
 * needs a further object. One of columns that are all null is left out, so what events of releases without these columns
 * say of such rows still compares equal.
 */
function rowJson(table: string, columns: readonly string[], ...more: readonly (readonly string[])[]): Sql {
  const further = more.map((group) => {
    const isEmpty = group.map((column) => `${table}.${column} IS NULL`).join(' AND ');
    return ` || iif(${isEmpty}, '', ',' || ${objectJson(table, group)})`;
  });
  return new Sql(`json('[' || ${objectJson(table, columns)}${further.join('')} || ']')`);
}

const STATE = sql`json_object('asset', ${rowJson('a', ASSET_COLUMNS, ['warnings'], DETAIL_COLUMNS, ['from_source'])},
  'job', iif(j.id IS NULL, NULL, ${rowJson('j', JOB_COLUMNS, ['warnings'])}))`;

/** The asset as it is now, and its last event. Jobs that add a track are no part of it: a revision that has it is. */
const nowAndBefore = (assetId: string) => sql`
  now AS (
    SELECT a.id, a.status, a.ready, a.from_source, j.id AS job_id, j.status AS job_status, ${STATE} AS state,
      json_object('asset', json_object('updated_at', a.updated_at),
        'job', json_object('updated_at', j.updated_at, 'priority', j.priority)) AS aside
    FROM assets a LEFT JOIN jobs j
      ON j.id = (SELECT id FROM jobs WHERE asset_id = a.id AND track IS NULL ORDER BY created_at DESC, id DESC LIMIT 1)
    WHERE a.id = ${assetId}
  ),
  before AS (
    SELECT sequence, asset_status, job_status, json_extract(snapshot, '$.state') AS state,
      json_extract(snapshot, '$.state.asset[0].ready') AS ready, snapshot LIKE '%"from_source":1%' AS from_source,
      json_extract(snapshot, '$.state.job[0].id') AS job_id
    FROM events WHERE asset_id = ${assetId} ORDER BY sequence DESC LIMIT 1
  )`;

/**
 * The most important change. A job that is done is reported as a ready version, even if one was ready before; other changes
 * of a job while the asset goes on playing are reported as the job's.
 */
const CHANGE_TYPE = sql`CASE
  WHEN now.ready = 'no' AND before.from_source AND now.job_id IS before.job_id AND now.job_status IN ('queued', 'running')
    THEN 'asset.source_withdrawn'
  WHEN before.sequence IS NULL OR now.status IS NOT before.asset_status THEN 'asset.' || now.status
  WHEN now.from_source = 1 AND NOT before.from_source THEN 'asset.ready_source'
  WHEN now.ready = 'no' AND before.from_source THEN 'asset.source_withdrawn'
  WHEN now.ready = 'partial' AND now.from_source IS NULL AND (before.ready IS NOT now.ready OR before.from_source)
    THEN 'asset.ready_partial'
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

export type CatalogChange = { assetId: string; statements: readonly D1PreparedStatement[] };

/**
 * Runs changes of assets and their jobs and writes their events, as one transaction; then wakes the deliveries. If the
 * Worker dies in between, the next sweep finds the deliveries that are due. Results are those of the changes' statements.
 */
export async function commitChanges(
  db: D1Database,
  changes: readonly CatalogChange[],
  nowMs: number,
): Promise<D1Result[][]> {
  const recorded = changes.map(({ assetId }) =>
    recording(db, assetId, nowMs, CHANGE_TYPE, sql`WHERE before.state IS NOT now.state`),
  );
  const batch = changes.flatMap(({ statements }, index) => [...statements, ...(recorded[index] ?? [])]);
  const rest = await db.batch(batch);
  const addressed: Wake[] = [];
  const results = changes.map(({ assetId, statements }, index) => {
    const own = rest.splice(0, statements.length);
    const [, deliveries] = rest.splice(0, recorded[index]?.length ?? 0);
    if (isAddressed(deliveries)) {
      addressed.push({ asset: assetId });
    }
    return own;
  });
  await wakeDeliveries(addressed);
  return results;
}

/** A change of one asset. */
export async function commitChange(
  db: D1Database,
  assetId: string,
  nowMs: number,
  statements: readonly D1PreparedStatement[],
): Promise<D1Result[]> {
  const [results = []] = await commitChanges(db, [{ assetId, statements }], nowMs);
  return results;
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
  await wakeDeliveries(isAddressed(results[recorded.length - 1]) ? [{ asset: assetId }] : []);
}

/** Whether anybody is to be told. */
export const isAddressed = (deliveries: D1Result | undefined): boolean => (deliveries?.meta.changes ?? 0) > 0;
