/** `/v1/collections`: start a collection of garbage, or a rehearsal of one, and read what it found and did. */
import { createRoute, z } from '@hono/zod-openapi';
import { AppError } from '../../errors.ts';
import { jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { type GcEnv, garbageCollector } from './client.ts';
import { DELETE_REASONS, KEEP_REASONS, WAIT_REASONS } from './decide.ts';
import type { Collection } from './garbage-collector.ts';
import { COLLECTIONS_KEPT } from './limits.ts';

const security = [{ apiToken: [] }];

const tallySchema = z.object({
  reason: z.enum([...KEEP_REASONS, ...WAIT_REASONS, ...DELETE_REASONS]),
  objects: z.int(),
  bytes: z.int(),
  /** The first few keys. */
  samples: z.array(z.string()),
});

const collectionSchema = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    dryRun: z.boolean(),
    orphans: z.boolean(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    /** Objects looked at so far. */
    listed: z.int(),
    /** Needed, or not understood. */
    kept: z.array(tallySchema),
    /** Garbage that may not go yet. */
    waiting: z.array(tallySchema),
    /** Removed; in a dry run, what would have been. */
    deleted: z.array(tallySchema),
    error: z.string().nullable(),
  })
  .openapi('Collection');

const newCollectionSchema = z
  .strictObject({
    /** Deletes nothing and marks nothing: reports what would go. */
    dryRun: z.boolean(),
    /** Also sources of no asset that are older than 7 days, and assets that the catalog does not know. */
    orphans: z.boolean().default(false),
  })
  .openapi('NewCollection');

const collectionParams = z.object({ id: z.string().regex(/^[a-z0-9]{1,32}$/) });

function viewOf(collection: Collection): z.input<typeof collectionSchema> {
  const { id, state, dryRun, orphans, startedAtMs, endedAtMs, report, error } = collection;
  const tallies = (wanted: string) =>
    report.tallies
      .filter(({ action }) => action === wanted)
      .map(({ reason, objects, bytes, samples }) => tallySchema.parse({ reason, objects, bytes, samples }))
      .sort((a, b) => (a.reason < b.reason ? -1 : 1));
  return {
    id,
    state,
    dryRun,
    orphans,
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
    listed: report.listed,
    kept: tallies('keep'),
    waiting: tallies('wait'),
    deleted: tallies('delete'),
    error,
  };
}

export const collectionRoutes = newRouter<GcEnv>();

collectionRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/collections',
    operationId: 'startCollection',
    summary: 'Start removing objects that nothing needs any more, or a dry run of it',
    security,
    request: { body: jsonBody(newCollectionSchema) },
    responses: {
      202: {
        ...jsonResponse('The collection; it is durable and under way', collectionSchema),
        headers: z.object({ location: z.string() }),
      },
      ...problemResponses('invalid_request', 'invalid_json', 'unauthorized', 'collection_active'),
    },
  }),
  async (c) => {
    const { collection, started } = await garbageCollector(c.env).start(c.req.valid('json'));
    if (!started) {
      throw new AppError('collection_active', { extra: { id: collection.id } });
    }
    return c.json(viewOf(collection), 202, { location: `/v1/collections/${collection.id}` });
  },
);

collectionRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/collections',
    operationId: 'listCollections',
    summary: 'The latest collections, newest first',
    security,
    request: { query: z.object({ limit: z.coerce.number().int().min(1).max(COLLECTIONS_KEPT).default(20) }) },
    responses: {
      200: jsonResponse('The latest', z.object({ collections: z.array(collectionSchema) })),
      ...problemResponses('invalid_request', 'unauthorized'),
    },
  }),
  async (c) => {
    const collections = await garbageCollector(c.env).list(c.req.valid('query').limit);
    return c.json({ collections: collections.map(viewOf) }, 200);
  },
);

collectionRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/collections/{id}',
    operationId: 'getCollection',
    summary: 'What a collection kept and deleted, and why',
    security,
    request: { params: collectionParams },
    responses: {
      200: jsonResponse('The collection', collectionSchema),
      ...problemResponses('unauthorized', 'collection_not_found'),
    },
  }),
  async (c) => {
    const collection = await garbageCollector(c.env).read(c.req.valid('param').id);
    if (collection === null) {
      throw new AppError('collection_not_found');
    }
    return c.json(viewOf(collection), 200);
  },
);
