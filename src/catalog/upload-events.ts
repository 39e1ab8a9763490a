/** Events of uploads: `upload.created`, and one for the state in which an upload ends. */

import { Sql, sql } from '../platform/sql.ts';
import { addressing, isAddressed, newEventId } from './event-log.ts';
import { wakeDeliveries } from './wake.ts';

/** What the API shows of a row, and its events keep. A function of D1 takes at most 32 arguments, which is 16 columns. */
const SHOWN_COLUMNS = [
  ...(['id', 'kind', 'state', 'file_name', 'content_type', 'length', 'asset_id', 'creator_id'] as const),
  ...(['error_code', 'error_message', 'created_at', 'updated_at', 'expires_at', 'finished_at', 'look'] as const),
];
export type ShownColumn = (typeof SHOWN_COLUMNS)[number];

const SNAPSHOT = new Sql(`json_object(${SHOWN_COLUMNS.map((column) => `'${column}', ${column}`).join(', ')})`);

/**
 * The statements that write the event of the upload's state, after the change in the same transaction. They do nothing where
 * the event exists already, and for parts, of which nobody is told. Their place in the log is the upload's, as an asset's
 * events are the asset's.
 */
export function uploadEvent(db: D1Database, id: string, nowMs: number): D1PreparedStatement[] {
  const eventId = newEventId();
  const type = sql`'upload.' || iif(state = 'open', 'created', state)`;
  const event = sql`
    INSERT INTO events (id, asset_id, sequence, type, asset_status, snapshot, created_at)
    SELECT ${eventId}, id, (SELECT count(*) FROM events WHERE asset_id = ${id}) + 1, ${type}, state,
      json_object('upload', ${SNAPSHOT}), ${nowMs}
    FROM uploads WHERE id = ${id} AND kind <> 'part'
      AND NOT EXISTS (SELECT 1 FROM events e WHERE e.asset_id = uploads.id AND e.asset_status = uploads.state)`;
  return [event.on(db), addressing(eventId, nowMs).on(db)];
}

/** A change of one upload and its event, as one transaction; then wakes the deliveries. */
export async function commitUpload(db: D1Database, id: string, nowMs: number, changes: Sql[]): Promise<D1Result[]> {
  const results = await db.batch([...changes.map((change) => change.on(db)), ...uploadEvent(db, id, nowMs)]);
  await wakeDeliveries(isAddressed(results.at(-1)) ? [{ asset: id }] : []);
  return results;
}
