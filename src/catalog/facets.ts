/** What assets are filtered and counted by. Triggers keep the tables (migrations/0023_catalog.sql). */
import { joined, type Sql, sql } from '../platform/sql.ts';

const FACETS = [
  'status',
  'ready',
  'policy',
  'disabled',
  'tag',
  'category',
  'creatorId',
  'externalId',
  'warnings',
  'error',
] as const;
type Facet = (typeof FACETS)[number];
export type FacetFilter = { facet: Facet; value: string };

/** Those that have few values, or values that many assets share. */
export const COUNTED_FACETS = FACETS.filter((facet) => facet !== 'externalId');
/** Of each facet, the most frequent. */
const VALUES_MAX = 100;

export type FacetCount = { facet: Facet; value: string; assets: number };

/** Of all assets, the most frequent value first. */
export async function countFacets(db: D1Database): Promise<FacetCount[]> {
  const selects = COUNTED_FACETS.map(
    (facet) => sql`SELECT facet, value, assets FROM facet_counts WHERE facet = ${facet}
      ORDER BY assets DESC, value LIMIT ${VALUES_MAX}`,
  );
  const results = await db.batch<FacetCount>(selects.map((select) => select.on(db)));
  return results.flatMap(({ results: rows }) => rows);
}

/** The filters with the rarest first; null if no asset has one of them. */
export async function rarestFirst(db: D1Database, filters: readonly FacetFilter[]): Promise<FacetFilter[] | null> {
  // One is the rarest, and if nobody has it, looking for it is as fast.
  if (filters.length < 2) {
    return [...filters];
  }
  const either = filters.map(({ facet, value }) => sql`facet = ${facet} AND value = ${value}`);
  const select = sql`SELECT facet, value FROM facet_counts WHERE ${joined(either, ' OR ')} ORDER BY assets`;
  const { results } = await select.on(db).all<FacetFilter>();
  return results.length < filters.length ? null : results;
}

/** That the asset of these columns has it. */
export const hasFacet = ({ facet, value }: FacetFilter, createdAt: Sql, assetId: Sql): Sql => sql`EXISTS (
  SELECT 1 FROM asset_facets WHERE facet = ${facet} AND value = ${value} AND created_at = ${createdAt} AND asset_id = ${assetId})`;
