/** Brings the full-text index in line with the assets that are new, changed or deleted since it last was (migration 0023). */
import { type Sql, sql } from '../platform/sql.ts';
import { searchFormOf } from './fold-text.ts';

/** Characters of a column that are searched. */
const SEARCHED_MAX = 5_000;
/** Four columns each, of three bytes a character at most: below the 2 MB that D1 takes as one value. */
const ROWS_OF_STATEMENT = 32;
/** Bounds what one round reads. */
const ROWS_OF_ROUND = 200;
/** Bounds the work of one search after a migration or an import; the sweep of each minute does the rest. */
const ROUNDS_MAX = 50;

type StaleRow = {
  id: number;
  change: number;
  asset_id: string | null;
  title: string | null;
  description: string | null;
  tags: string | null;
};

const cut = (text: string): string => text.slice(0, SEARCHED_MAX).toWellFormed();

/** Null for a deleted asset, whose row goes. */
function indexedForm({ id, change, asset_id, title, description, tags }: StaleRow) {
  if (asset_id === null || title === null) {
    return { id, change, text: null };
  }
  const tagText = tags === null ? '' : (JSON.parse(tags) as string[]).join(' ');
  const forms = [title, description ?? '', tagText].map(searchFormOf);
  const [spacedTitle = '', spacedDescription = '', spacedTags = ''] = forms.map(({ spaced }) => cut(spaced));
  const runs = forms.flatMap(({ unspaced }) => unspaced);
  const unspaced = runs.length === 0 ? null : cut(runs.join(' '));
  return { id, change, text: { title: spacedTitle, description: spacedDescription, tags: spacedTags, unspaced } };
}

const text = (name: string): Sql => sql`value ->> ${`$.text.${name}`}`;

/** One transaction: what the index holds of each row goes, and its present text comes. Rows that have changed meanwhile wait. */
function indexing(rows: readonly StaleRow[]): Sql[] {
  const json = JSON.stringify(rows.map(indexedForm));
  const among = sql`asset_texts t JOIN json_each(${json}) ON t.id = value ->> 'id' AND t.change = value ->> 'change' AND t.stale = 1`;
  const ids = sql`id IN (SELECT t.id FROM ${among}`;
  return [
    sql`INSERT INTO asset_words (asset_words, rowid, title, description, tags)
      SELECT 'delete', t.id, t.title, t.description, t.tags FROM ${among} WHERE t.title IS NOT NULL`,
    sql`INSERT INTO asset_trigrams (asset_trigrams, rowid, unspaced)
      SELECT 'delete', t.id, t.unspaced FROM ${among} WHERE t.unspaced IS NOT NULL`,
    sql`INSERT INTO asset_words (rowid, title, description, tags)
      SELECT t.id, ${text('title')}, ${text('description')}, ${text('tags')} FROM ${among} WHERE ${text('title')} IS NOT NULL`,
    sql`INSERT INTO asset_trigrams (rowid, unspaced)
      SELECT t.id, ${text('unspaced')} FROM ${among} WHERE ${text('unspaced')} IS NOT NULL`,
    sql`DELETE FROM asset_texts WHERE ${ids} WHERE ${text('title')} IS NULL)`,
    sql`UPDATE asset_texts SET stale = 0, title = ${text('title')}, description = ${text('description')},
      tags = ${text('tags')}, unspaced = ${text('unspaced')} FROM json_each(${json})
      WHERE asset_texts.id = value ->> 'id' AND change = value ->> 'change' AND stale = 1`,
  ];
}

async function indexRound(db: D1Database): Promise<boolean> {
  // The newest first: a search that finds too many rows to index shows these first.
  const select = sql`
    SELECT t.id, t.change, t.asset_id, a.title, a.description, a.tags FROM asset_texts t
    LEFT JOIN assets a ON a.id = t.asset_id WHERE t.stale = 1 ORDER BY t.id DESC LIMIT ${ROWS_OF_ROUND}`;
  const { results } = await select.on(db).all<StaleRow>();
  if (results.length > 0) {
    const parts = Array.from({ length: Math.ceil(results.length / ROWS_OF_STATEMENT) }, (_, part) =>
      results.slice(part * ROWS_OF_STATEMENT, (part + 1) * ROWS_OF_STATEMENT),
    );
    await db.batch(parts.flatMap(indexing).map((statement) => statement.on(db)));
  }
  return results.length === ROWS_OF_ROUND;
}

/** Before each search, so that it finds what was written before it. */
export async function indexTexts(db: D1Database): Promise<void> {
  for (let round = 1; round <= ROUNDS_MAX && (await indexRound(db)); round += 1) {}
}

/** Each minute: an import is searched in full soon, and deleted text leaves the index without a search. */
export const sweepTexts = ({ CATALOG }: { CATALOG: D1Database }): Promise<void> => indexTexts(CATALOG);
