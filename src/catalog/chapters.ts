/** Chapters that were set through the API: they replace those of the source in their language. */
import { z } from 'zod';
import { MAX_ALL_CHAPTERS } from '../media/limits.ts';
import { type ChapterLists, chaptersSchema } from '../media/presentation.ts';
import { type Sql, sql } from '../platform/sql.ts';

type Chapters = ChapterLists[number]['chapters'];
/** `chapters` may be empty: the language has none. */
export type ChapterRow = { language: string; chapters: Chapters };

const rowSchema = z
  .object({ language: z.string(), entries: z.string() })
  .transform(({ language, entries }): ChapterRow => {
    const chapters: unknown = JSON.parse(entries);
    const [list] = Array.isArray(chapters) && chapters.length > 0 ? chaptersSchema.parse([{ language, chapters }]) : [];
    return { language, chapters: list?.chapters ?? [] };
  });

export const parseChapterRows = (rows: readonly unknown[]): ChapterRow[] => rows.map((row) => rowSchema.parse(row));

export const selectChapters = (assetId: string): Sql =>
  sql`SELECT language, entries FROM chapters WHERE asset_id = ${assetId} ORDER BY language`;

export const listChapters = async (db: D1Database, assetId: string): Promise<ChapterRow[]> =>
  parseChapterRows((await selectChapters(assetId).on(db).all()).results);

/** False where the asset is gone, or would have more than MAX_ALL_CHAPTERS; a list counts as one, too. */
export async function setChapters(
  db: D1Database,
  assetId: string,
  { language, chapters }: ChapterRow,
  nowMs: number,
): Promise<boolean> {
  const set = sql`
    INSERT INTO chapters (asset_id, language, entries, updated_at)
    SELECT id, ${language}, ${JSON.stringify(chapters)}, ${nowMs} FROM assets WHERE id = ${assetId}
      AND ${1 + chapters.length} + coalesce((SELECT sum(1 + json_array_length(entries)) FROM chapters
        WHERE asset_id = ${assetId} AND language <> ${language}), 0) <= ${MAX_ALL_CHAPTERS}
    ON CONFLICT (asset_id, language) DO UPDATE SET entries = excluded.entries, updated_at = excluded.updated_at`;
  return ((await set.on(db).run()).meta.changes ?? 0) > 0;
}
