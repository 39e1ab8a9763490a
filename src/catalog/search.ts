/** A query → the SQL that finds its assets in the full-text index (migrations/0023_catalog.sql). Pure. */
import { joined, type Sql, sql } from '../platform/sql.ts';
import { termsOf } from './fold-text.ts';

export type Matches = {
  /** The table that is walked from the newest row, and `t`, its row of `asset_texts`. */
  from: Sql;
  number: Sql;
  /** Smaller is better. */
  rank: Sql;
  matching: Sql;
};

/** Of the columns: a word of the title says more than one of the tags, and that more than one of the description. */
const WEIGHTS = sql`10.0, 1.0, 4.0`;

const WORDS = {
  from: sql`asset_words CROSS JOIN asset_texts t ON t.id = asset_words.rowid`,
  number: sql`asset_words.rowid`,
  rank: sql`bm25(asset_words, ${WEIGHTS})`,
};
const TRIGRAMS = {
  from: sql`asset_trigrams CROSS JOIN asset_texts t ON t.id = asset_trigrams.rowid`,
  number: sql`asset_trigrams.rowid`,
  rank: sql`bm25(asset_trigrams)`,
};
const TEXTS = { from: sql`asset_texts t`, number: sql`t.id`, rank: sql`0` };

/** Null for a query without letters and digits, which matches nothing. All of its terms have to match. */
export function matchesOf(query: string): Matches | null {
  const { words, longWords, trigrams, short } = termsOf(query);
  const [first, ...others] = short;
  const conditions = first === undefined ? [] : [sql`t.unspaced IS NOT NULL AND instr(t.unspaced, ${first}) > 0`];
  if (others.length > 0) {
    // One condition for all: D1 takes expressions of 100 levels, and 100 parameters.
    conditions.push(
      sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(others)}) WHERE instr(t.unspaced, value) = 0)`,
    );
  }
  if (words !== null) {
    conditions.push(sql`asset_words MATCH ${words}`);
    conditions.push(
      ...longWords.map((word) => sql`instr(t.title || ' ' || t.description || ' ' || t.tags, ${word}) > 0`),
    );
  }
  if (trigrams !== null) {
    const isMatch = sql`asset_trigrams MATCH ${trigrams}`;
    conditions.push(
      words === null ? isMatch : sql`asset_words.rowid IN (SELECT rowid FROM asset_trigrams WHERE ${isMatch})`,
    );
  }
  if (conditions.length === 0) {
    return null;
  }
  const walked = words !== null ? WORDS : trigrams !== null ? TRIGRAMS : TEXTS;
  return { ...walked, matching: joined(conditions, ' AND ') };
}
