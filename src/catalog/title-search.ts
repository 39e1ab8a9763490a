/** The search form of titles, which makes spellings equal, and its column in D1. */
import { sql } from '../platform/sql.ts';

/** Without case, marks and compatibility forms, in every script: "Žaba", "ŽABA" and "zaba" are one. */
export const foldText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    // Upper case first, which turns ß into SS. A sigma at the end of a word has its own lower case.
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ');

/** 1,000 titles of 200 characters are below 2 MB, which D1 takes as one value. */
const TITLES_AT_A_TIME = 1_000;
/** Bounds the work of one search after a migration or an import; SQLite's own `lower` serves for the rest. */
const ROUNDS_MAX = 20;

/** Folds the titles that are new or changed since the last search. */
export async function foldNewTitles(db: D1Database): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { results } = await sql`SELECT id, title FROM assets WHERE title_folded IS NULL LIMIT ${TITLES_AT_A_TIME}`
      .on(db)
      .all<{ id: string; title: string }>();
    if (results.length === 0) {
      return;
    }
    const folded = results.map(({ id, title }) => ({ id, title, folded: foldText(title) }));
    // The title is compared too: it may have changed since it was read.
    const update = sql`UPDATE assets SET title_folded = value ->> 'folded' FROM json_each(${JSON.stringify(folded)})
      WHERE assets.id = value ->> 'id' AND title = value ->> 'title' AND title_folded IS NULL`;
    if ((await update.on(db).run()).meta.changes === 0) {
      return;
    }
  }
}
