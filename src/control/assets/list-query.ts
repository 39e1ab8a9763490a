/** The query of a list of assets → what the catalog is asked for. Pure. */
import { z } from '@hono/zod-openapi';
import type { FacetFilter } from '../../catalog/facets.ts';
import type { AssetQuery } from '../../catalog/list-assets.ts';
import { ASSET_STATUSES, READY_STATES } from '../../catalog/rows.ts';
import { timeSchema } from '../../http/times.ts';
import { POLICIES } from '../../media/presentation.ts';
import { creatorIdSchema, externalIdSchema, tagSchema } from '../resources/asset-details.ts';
import { warnedPageQuerySchema } from '../resources/schemas.ts';

const facetFields = {
  status: z.enum(ASSET_STATUSES).optional(),
  ready: z.enum(READY_STATES).optional(),
  policy: z.enum(POLICIES).optional(),
  tag: tagSchema.optional(),
  category: tagSchema.optional(),
  creatorId: creatorIdSchema.optional(),
  externalId: externalIdSchema.optional(),
  warnings: warnedPageQuerySchema.shape.warnings,
  error: z
    .string()
    .regex(/^[a-z_]{1,64}$/)
    .optional()
    .openapi({ description: 'Only assets whose last job failed with this code' }),
};
type FacetName = keyof typeof facetFields;
const FACET_NAMES = Object.keys(facetFields) as FacetName[];

export const assetQuerySchema = warnedPageQuerySchema.extend({
  q: z.string().max(200).default('').openapi({
    description:
      'Words, or their beginnings, of title, description and tags, all of which have to match; or an ID or external ID',
  }),
  sort: z
    .enum(['newest', 'relevance'])
    .default('newest')
    .openapi({ description: '`relevance`: the best of the newest 500 matches of `q`, one page' }),
  ...facetFields,
  createdAfter: timeSchema.optional(),
  createdBefore: timeSchema.optional(),
});
type AssetListQuery = z.infer<typeof assetQuerySchema>;

/** All that selects or orders the rows, which a cursor is bound to. */
export const filtersOf = ({ cursor: _, limit: __, ...filters }: AssetListQuery) => filters;

export function catalogQuery(query: AssetListQuery): Omit<AssetQuery, 'after' | 'limit'> {
  const filters = FACET_NAMES.flatMap((facet): FacetFilter[] => {
    const value = query[facet];
    return value === undefined ? [] : [{ facet, value }];
  });
  const { q, sort, createdAfter, createdBefore } = query;
  return { query: q, sort, filters, createdAfterMs: createdAfter, createdBeforeMs: createdBefore };
}
