/** Events of uploads: `upload.created`, and one for the state in which an upload ends. */

import { type Sql, sql } from '../platform/sql.ts';
import { addressing, newEventId, wakeIfAddressed } from './event-log.ts';

/** What the API shows of a row. The snapshot of an event is one JSON object of these columns. */
const SNAPSHOT = sql`json_object('id', id, 'kind', kind, 'state', state, 'file_name', file_name,
  'content_type', content_type, 'length', length, 'asset_id', asset_id, 'creator_id', creator_id,
  'error_code', error_code, 'error_message', error_message, 'created_at', created_at, 'updated_at', updated_at,
  'expires_at', expires_at, 'finished_at', finished_at)`;

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
  await wakeIfAddressed(id, results.at(-1));
  return results;
}
