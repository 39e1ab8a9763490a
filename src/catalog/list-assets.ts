/** Lists of assets: all, or those that a search and filters find. */
import { joined, type Sql, sql } from '../platform/sql.ts';
import { isAfter, NEWEST_FIRST, type PageMark } from './assets.ts';
import { type FacetFilter, hasFacet, rarestFirst } from './facets.ts';
import type { AssetRow } from './rows.ts';
import { type Matches, matchesOf } from './search.ts';
import { indexTexts } from './text-index.ts';

export type AssetQuery = {
  after: PageMark | null;
  limit: number;
  /** Empty: no search. */
  query: string;
  sort: 'newest' | 'relevance';
  /** All of them; no facet value twice. */
  filters: readonly FacetFilter[];
  createdAfterMs?: number | undefined;
  createdBeforeMs?: number | undefined;
};

/** `mark`: of the row, in the order of its list. */
export type ListedAsset = { row: AssetRow; mark: { created_at: number; id: string } };

/** The best of so many of the newest matches: to rank all would take as long as there are assets. */
const RANKED_MAX = 500;

/** Newest first: by time, or for a search by the number that assets get as they come. */
export async function listAssets(db: D1Database, asked: AssetQuery): Promise<ListedAsset[]> {
  const filters = await rarestFirst(db, asked.filters);
  if (filters === null) {
    return [];
  }
  if (asked.query === '') {
    const { results } = await filtered(asked, filters).on(db).all<AssetRow>();
    return results.map((row) => ({ row, mark: { created_at: row.created_at, id: row.id } }));
  }
  await indexTexts(db);
  const { results } = await searched(asked, filters).on(db).all<AssetRow & { number: number }>();
  return results.map(({ number, ...row }) => ({ row, mark: { created_at: number, id: row.id } }));
}

function isCreatedWithin({ createdAfterMs, createdBeforeMs }: AssetQuery, createdAt: Sql): Sql {
  const bounds = [
    ...(createdAfterMs === undefined ? [] : [sql`${createdAt} > ${createdAfterMs}`]),
    ...(createdBeforeMs === undefined ? [] : [sql`${createdAt} < ${createdBeforeMs}`]),
  ];
  return bounds.length === 0 ? sql`true` : joined(bounds, ' AND ');
}

const haveAll = (filters: readonly FacetFilter[], createdAt: Sql, assetId: Sql): Sql =>
  joined([sql`true`, ...filters.map((filter) => hasFacet(filter, createdAt, assetId))], ' AND ');

/** The rarest filter is walked in its order; the others are looked up. */
function filtered(asked: AssetQuery, [rarest, ...others]: readonly FacetFilter[]): Sql {
  const { after, limit } = asked;
  if (rarest === undefined) {
    return sql`SELECT * FROM assets WHERE ${isAfter(after)} AND ${isCreatedWithin(asked, sql`created_at`)}
      ${NEWEST_FIRST} LIMIT ${limit}`;
  }
  const [createdAt, assetId] = [sql`f.created_at`, sql`f.asset_id`];
  return sql`SELECT a.* FROM asset_facets f CROSS JOIN assets a ON a.id = f.asset_id
    WHERE f.facet = ${rarest.facet} AND f.value = ${rarest.value} AND ${isAfter(after, sql`f.created_at, f.asset_id`)}
      AND ${isCreatedWithin(asked, createdAt)} AND ${haveAll(others, createdAt, assetId)}
    ORDER BY f.created_at DESC, f.asset_id DESC LIMIT ${limit}`;
}

/** What matches by text, and what has the query as its id. Each has the newest of its kind, so both together have the page. */
function searched(asked: AssetQuery, filters: readonly FacetFilter[]): Sql {
  const { after, limit, query, sort } = asked;
  const isWanted = sql`${isCreatedWithin(asked, sql`a.created_at`)} AND ${haveAll(filters, sql`a.created_at`, sql`a.id`)}`;
  const matches = matchesOf(query);
  const isOlder = (number: Sql) => (after === null ? sql`true` : sql`${number} < ${after.createdAt}`);
  const byRank = sort === 'relevance';
  const named = sql`SELECT t.id AS number, -1e9 AS rank FROM assets a CROSS JOIN asset_texts t ON t.asset_id = a.id
    WHERE (a.id = ${query} OR a.id IN (SELECT asset_id FROM asset_facets WHERE facet = 'externalId' AND value = ${query}))
      AND ${isWanted} AND ${isOlder(sql`t.id`)} ORDER BY t.id DESC LIMIT ${limit}`;
  const found = ({ from, number, rank, matching }: Matches) => sql`
    SELECT ${number} AS number, ${byRank ? rank : sql`0`} AS rank FROM ${from} CROSS JOIN assets a ON a.id = t.asset_id
    WHERE ${matching} AND ${isWanted} AND ${isOlder(number)} ORDER BY ${number} DESC LIMIT ${byRank ? RANKED_MAX : limit}`;
  const either = matches === null ? [named] : [named, found(matches)];
  const numbers = joined(
    either.map((select) => sql`SELECT * FROM (${select})`),
    ' UNION ALL ',
  );
  return sql`SELECT a.*, n.number FROM (
      SELECT number, min(rank) AS rank FROM (${numbers}) GROUP BY number
      ORDER BY ${byRank ? sql`rank, number DESC` : sql`number DESC`} LIMIT ${limit}
    ) n CROSS JOIN asset_texts t ON t.id = n.number CROSS JOIN assets a ON a.id = t.asset_id
    ORDER BY ${byRank ? sql`n.rank, n.number DESC` : sql`n.number DESC`}`;
}
