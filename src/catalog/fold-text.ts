/** The search form of text, which makes spellings equal, and what is looked for in it. Pure. */

/** Without case, marks and compatibility forms, in every script: "Žaba", "ŽABA" and "zaba" are one. */
const foldText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    // Upper case first, which turns ß into SS. A sigma at the end of a word has its own lower case.
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ');

/** Runs of letters of scripts that put no spaces between words. */
const UNSPACED =
  /[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]&&\p{L}]+/gv;
/** The characters that SQLite's tokenizer unicode61 makes words of. */
const WORDS = /[\p{L}\p{N}\p{Co}]+/gu;

type SearchForm = { spaced: string; unspaced: string[] };

/** Text of both kinds is indexed in two ways (migrations/0023_catalog.sql): by words, and by any three characters of a run. */
export function searchFormOf(text: string): SearchForm {
  const folded = foldText(text);
  return { spaced: folded.replace(UNSPACED, ' '), unspaced: folded.match(UNSPACED) ?? [] };
}

/** The least that a trigram finds. */
const TRIGRAM = 3;
/** Characters of the longest indexed beginning of a word. Beyond it, a search reads all words that begin alike, in all assets. */
const INDEXED_BEGINNING = 8;

export type Terms = {
  /** An expression of FTS5: the beginning of a word each, all of which have to be found. Null: none. */
  words: string | null;
  /** Words of which `words` has the indexed beginning alone. */
  longWords: string[];
  /** The same for runs of unspaced text. */
  trigrams: string | null;
  /** Runs that are too short for trigrams. */
  short: string[];
};

/** Every term is quoted: nothing in a query is syntax of FTS5 (https://www.sqlite.org/fts5.html, 3.1). */
const allOf = (terms: readonly string[], suffix = ''): string | null =>
  terms.length === 0 ? null : terms.map((term) => `"${term}"${suffix}`).join(' ');

export function termsOf(query: string): Terms {
  const { spaced, unspaced } = searchFormOf(query);
  const isLong = (run: string) => [...run].length >= TRIGRAM;
  const words = [...new Set(spaced.match(WORDS))];
  const beginningOf = (word: string) => [...word].slice(0, INDEXED_BEGINNING).join('');
  return {
    words: allOf([...new Set(words.map(beginningOf))], '*'),
    longWords: words.filter((word) => beginningOf(word) !== word),
    trigrams: allOf(unspaced.filter(isLong)),
    short: [...new Set(unspaced)].filter((run) => !isLong(run)),
  };
}
