/** What makes two spellings of a title the same to a search, and keeping it beside the titles in D1. */

/** Without case, marks and compatibility forms, in every script: "Žaba", "ŽABA" and "zaba" are one. */
export const foldText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    // Upper case first: it makes SS of ß. A sigma at the end of a word has a form of its own.
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ');

/** 1,000 titles of 200 characters are below 2 MB, which D1 takes as one value. */
const TITLES_AT_A_TIME = 1_000;
/** What one search catches up with after a migration or an import; those left over are compared as SQLite does. */
const ROUNDS_MAX = 20;

/** Folds the titles that have come or changed since the last search. */
export async function foldNewTitles(db: D1Database): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { results } = await db
      .prepare('SELECT id, title FROM assets WHERE title_folded IS NULL LIMIT ?1')
      .bind(TITLES_AT_A_TIME)
      .all<{ id: string; title: string }>();
    if (results.length === 0) {
      return;
    }
    const folded = results.map(({ id, title }) => ({ id, title, folded: foldText(title) }));
    // The title is compared too: it may have changed since it was read.
    const { meta } = await db
      .prepare(
        `UPDATE assets SET title_folded = value ->> 'folded' FROM json_each(?1)
         WHERE assets.id = value ->> 'id' AND title = value ->> 'title' AND title_folded IS NULL`,
      )
      .bind(JSON.stringify(folded))
      .run();
    if (meta.changes === 0) {
      return;
    }
  }
}
