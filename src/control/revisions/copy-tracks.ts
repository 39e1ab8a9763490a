/** Tracks and chapters of a part of a film that becomes an asset of its own. */

import { listChapters } from '../../catalog/chapters.ts';
import { Sql, sql } from '../../platform/sql.ts';
import { cutChapters } from '../../protocol/cut.ts';

const ADDED_SOUND = new Sql("(origin = 'added' AND kind = 'audio')");

/**
 * Statements for the transaction that creates the asset. `start` and `end`: seconds. Files of cues are shared: those of the
 * part are shown earlier. Cues of the source are extracted anew, so their rows keep labels and shift. Added sound is encoded
 * anew, also where that of the whole film still waits.
 */
export async function copyTracks(
  db: D1Database,
  fromAssetId: string,
  toAssetId: string,
  { start, end }: { start: number; end: number },
  nowMs = Date.now(),
): Promise<D1PreparedStatement[]> {
  // Whole: 1000 * 1.001 is less than 1001.
  const [startMs, endMs] = [Math.round(1000 * start), Math.round(1000 * end)];
  const tracks = sql`
    INSERT INTO tracks (asset_id, id, origin, kind, language, name, role, is_default, shift_ms, content, content_url, state,
      created_at, updated_at)
    SELECT ${toAssetId}, id, origin, kind, language, name, role, is_default,
      shift_ms - iif(origin = 'source' AND content IS NULL, 0, ${startMs}), content, content_url,
      iif(${ADDED_SOUND}, 'waiting', state), created_at, ${nowMs}
    FROM tracks WHERE asset_id = ${fromAssetId}
      AND (state IN ('ready', 'deleted') OR state = 'waiting' AND ${ADDED_SOUND})
    ON CONFLICT DO NOTHING`;
  const rows = await listChapters(db, fromAssetId);
  const cut = new Map(cutChapters(rows, startMs, endMs).map(({ language, chapters }) => [language, chapters]));
  // An empty list says that those of the source are not shown.
  const lists = rows.map(
    ({ language }) => sql`INSERT INTO chapters (asset_id, language, entries, updated_at)
      VALUES (${toAssetId}, ${language}, ${JSON.stringify(cut.get(language) ?? [])}, ${nowMs}) ON CONFLICT DO NOTHING`,
  );
  return [tracks, ...lists].map((statement) => statement.on(db));
}
