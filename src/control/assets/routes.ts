/** `/v1/assets`: create, list, read, change, delete. */

import { z } from '@hono/zod-openapi';
import type { ErasureEnv } from '../../analytics/erase/erasures.ts';
import { findAssetViews } from '../../analytics/read/asset-views.ts';
import { DEFAULT_PRIORITY, findAsset, findLatestJob, type NewAsset } from '../../catalog/assets.ts';
import { openPage } from '../../catalog/cursor.ts';
import { COUNTED_FACETS, countFacets } from '../../catalog/facets.ts';
import { listAssets } from '../../catalog/list-assets.ts';
import { type AssetRow, isActive } from '../../catalog/rows.ts';
import { findPlayedLook } from '../../catalog/source-playback.ts';
import { claimed } from '../../catalog/uploads.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { assetIdSchema, newAssetId } from '../../media/ids.ts';
import { estimateEncode } from '../../protocol/encode-estimate.ts';
import { optionsJson, parseOptions } from '../../protocol/encode-options.ts';
import { parseLook } from '../../protocol/source-look.ts';
import type { SettleEnv } from '../encoding/workflow/settle-jobs.ts';
import { jobSummary, startAsset } from '../jobs/jobs.ts';
import { detailsOfClip } from '../resources/asset-details.ts';
import { liveReport } from '../resources/live-numbers.ts';
import { assetView } from '../resources/present.ts';
import {
  assetDetailSchema,
  assetParams,
  assetSchema,
  changeAssetSchema,
  changeAssetsSchema,
  createAssetSchema,
  createClipSchema,
  errorSchema,
} from '../resources/schemas.ts';
import { copyTracks } from '../revisions/copy-tracks.ts';
import { findObject, locateSource, SOURCE_ERRORS } from '../sources/locate-source.ts';
import { changeEach } from './change-assets.ts';
import { removeAsset } from './delete-asset.ts';
import { assetQuerySchema, catalogQuery, filtersOf } from './list-query.ts';
import { newAsset } from './new-asset.ts';

export type AssetsEnv = SettleEnv & ErasureEnv;

export async function findAssetOrThrow(env: AssetsEnv, id: string): Promise<AssetRow> {
  const asset = await findAsset(env.CATALOG, id);
  if (asset === null) {
    throw new AppError('asset_not_found');
  }
  return asset;
}

/** Throws `source_pending`, `source_not_found`, `source_range_empty` or `unavailable`. */
async function clipOf(env: AssetsEnv, asset: AssetRow, clip: z.infer<typeof createClipSchema>): Promise<NewAsset> {
  if (clip.start >= (asset.duration_seconds ?? Number.POSITIVE_INFINITY)) {
    throw new AppError('source_range_empty', { detail: `The film lasts ${asset.duration_seconds} s` });
  }
  if ((await findObject(env, asset.source_key)) === null) {
    throw asset.status === 'waiting'
      ? new AppError('source_pending')
      : new AppError('source_not_found', { detail: 'The source of the asset has been deleted' });
  }
  const { start: origin = 0, end = Number.POSITIVE_INFINITY, audio } = parseOptions(asset.options);
  return {
    id: newAssetId(),
    title: clip.title ?? asset.title,
    policy: clip.policy ?? asset.policy,
    prewarm: asset.prewarm === 1,
    sourceKey: asset.source_key,
    sourceUrl: null,
    options: optionsJson({ start: origin + clip.start, end: Math.min(origin + clip.end, end), audio }),
    details: detailsOfClip(asset),
  };
}

async function viewWithJob(env: AssetsEnv, asset: AssetRow) {
  const job = await findLatestJob(env.CATALOG, asset.id);
  const going = job !== null && isActive(job);
  return { job, view: assetView(asset, job, going ? (await jobSummary(env, job.id)).progress : 0) };
}

export const viewOf = async (env: AssetsEnv, asset: AssetRow) => (await viewWithJob(env, asset)).view;

export const assetRoutes = newRouter<AssetsEnv>();

assetRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/assets',
    operationId: 'createAsset',
    summary: 'Create an asset and its encode job',
    request: { body: jsonBody(createAssetSchema) },
    responses: {
      202: {
        ...jsonResponse('The asset; its job is durable and started', assetSchema),
        headers: z.object({ location: z.string() }),
      },
      ...problemResponses(...SOURCE_ERRORS),
    },
  }),
  async (c) => {
    const { source, ...input } = c.req.valid('json');
    const id = newAssetId();
    const asset = newAsset(id, input, await locateSource(c.env, source), source);
    const along = 'upload' in source ? [claimed(source.upload, id).on(c.env.CATALOG)] : [];
    await startAsset(c.env, asset, input.priority, along);
    return c.json(await viewOf(c.env, await findAssetOrThrow(c.env, id)), 202, { location: `/v1/assets/${id}` });
  },
);

assetRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/assets/{id}/clips',
    operationId: 'createClip',
    summary: 'Create an asset of a part of this one, from the same source',
    request: { params: assetParams, body: jsonBody(createClipSchema) },
    responses: {
      202: {
        ...jsonResponse('The clip; its job is durable and started', assetSchema),
        headers: z.object({ location: z.string() }),
      },
      ...problemResponses(
        ...(['asset_not_found', 'source_not_found', 'source_pending', 'source_range_empty', 'unavailable'] as const),
      ),
    },
  }),
  async (c) => {
    const asset = await findAssetOrThrow(c.env, c.req.valid('param').id);
    const range = c.req.valid('json');
    const clip = await clipOf(c.env, asset, range);
    await startAsset(c.env, clip, DEFAULT_PRIORITY, await copyTracks(c.env.CATALOG, asset.id, clip.id, range));
    const created = await findAssetOrThrow(c.env, clip.id);
    return c.json(await viewOf(c.env, created), 202, { location: `/v1/assets/${clip.id}` });
  },
);

assetRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets',
    operationId: 'listAssets',
    summary: 'List assets, newest first',
    request: { query: assetQuerySchema },
    responses: {
      200: jsonResponse('A page', z.object({ assets: z.array(assetSchema), nextCursor: z.string().nullable() })),
    },
  }),
  async (c) => {
    const query = c.req.valid('query');
    const { after, limit, next } = openPage('assets', filtersOf(query), query);
    const listed = await listAssets(c.env.CATALOG, { ...catalogQuery(query), after, limit });
    const assets = await Promise.all(listed.map(({ row }) => viewOf(c.env, row)));
    const isRanked = query.q !== '' && query.sort === 'relevance';
    return c.json({ assets, nextCursor: isRanked ? null : next(listed.map(({ mark }) => mark)) }, 200);
  },
);

const facetCountsSchema = z.array(z.object({ value: z.string(), assets: z.int() }));

assetRoutes.openapi(
  apiRoute({
    method: 'get',
    // No asset has this id: those that we make are longer.
    path: '/assets/facets',
    operationId: 'listAssetFacets',
    summary: 'Count assets by what they can be filtered by: the 100 most frequent values of each filter',
    responses: {
      200: jsonResponse('The counts', z.object({ facets: z.record(z.enum(COUNTED_FACETS), facetCountsSchema) })),
    },
  }),
  async (c) => {
    const counts = await countFacets(c.env.CATALOG);
    const of = (name: string) =>
      counts.filter(({ facet }) => facet === name).map(({ value, assets }) => ({ value, assets }));
    const facets = Object.fromEntries(COUNTED_FACETS.map((facet) => [facet, of(facet)]));
    return c.json({ facets: facets as Record<(typeof COUNTED_FACETS)[number], ReturnType<typeof of>> }, 200);
  },
);

const changedSchema = z.object({
  id: assetIdSchema,
  asset: assetSchema.optional(),
  error: errorSchema
    .optional()
    .openapi({ description: 'Why it is not changed, or `unavailable`: players do not see it yet' }),
});

assetRoutes.openapi(
  apiRoute({
    method: 'patch',
    path: '/assets',
    operationId: 'updateAssets',
    summary: 'Change many assets alike',
    request: { body: jsonBody(changeAssetsSchema) },
    responses: {
      200: jsonResponse('What became of each, in the order of the ids', z.object({ results: z.array(changedSchema) })),
    },
  }),
  async (c) => {
    const { ids: given, change } = c.req.valid('json');
    const ids = [...new Set(given)];
    const outcomes = await changeEach(c.env, ids, change);
    const resultOf = async (id: string, outcome: AssetRow | AppError | undefined) =>
      outcome instanceof AppError
        ? { id, error: { code: outcome.code, message: outcome.message } }
        : { id, ...(outcome && { asset: await viewOf(c.env, outcome) }) };
    return c.json({ results: await Promise.all(ids.map((id, index) => resultOf(id, outcomes[index]))) }, 200);
  },
);

assetRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets/{id}',
    operationId: 'getAsset',
    summary: 'Read an asset',
    request: { params: assetParams },
    responses: { 200: jsonResponse('The asset', assetDetailSchema), ...problemResponses('asset_not_found') },
  }),
  async (c) => {
    const asset = await findAssetOrThrow(c.env, c.req.valid('param').id);
    const [{ job, view }, views] = await Promise.all([
      viewWithJob(c.env, asset),
      findAssetViews(c.env, asset.id, Date.now()),
    ]);
    const isOfJob = job !== null && (isActive(job) || job.version === asset.current_version);
    const played = isOfJob || asset.from_source === null ? null : await findPlayedLook(c.env.CATALOG, asset);
    const look = parseLook(played ?? job?.look ?? null);
    const encodeEstimate = estimateEncode(look, configOf(c.env).X264_PRESET);
    return c.json({ ...view, views: views && liveReport(views), look, encodeEstimate }, 200);
  },
);

assetRoutes.openapi(
  apiRoute({
    method: 'patch',
    path: '/assets/{id}',
    operationId: 'updateAsset',
    summary: 'Change what is named; null clears',
    request: { params: assetParams, body: jsonBody(changeAssetSchema) },
    responses: {
      200: jsonResponse('The changed asset', assetSchema),
      ...problemResponses('asset_not_found', 'unavailable'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const [asset] = await changeEach(c.env, [id], c.req.valid('json'));
    if (asset === undefined || asset instanceof AppError) {
      throw asset ?? new AppError('asset_not_found');
    }
    return c.json(await viewOf(c.env, asset), 200);
  },
);

assetRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/assets/{id}',
    operationId: 'deleteAsset',
    summary: 'Delete an asset; playback ends within seconds, garbage collection removes its objects later',
    request: { params: assetParams },
    responses: { 204: { description: 'Deleted' }, ...problemResponses('asset_not_found', 'unavailable') },
  }),
  async (c) => {
    await removeAsset(c.env, c.req.valid('param').id);
    return c.body(null, 204);
  },
);
