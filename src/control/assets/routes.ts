/** `/v1/assets`: create, list, read, change, delete. */

import { waitUntil } from 'cloudflare:workers';
import { z } from '@hono/zod-openapi';
import { assetErasureId, type ErasureEnv, eraseAsset, tryErasure } from '../../analytics/erase/erasures.ts';
import { findAssetViews } from '../../analytics/read/asset-views.ts';
import {
  changeAsset,
  DEFAULT_PRIORITY,
  deleteAsset,
  findAsset,
  findLatestJob,
  listAssets,
  type NewAsset,
} from '../../catalog/assets.ts';
import { nextCursor, parseCursor } from '../../catalog/cursor.ts';
import { currentMirror } from '../../catalog/job-progress.ts';
import { isStale, writeMirrorOrRetry } from '../../catalog/mirror.ts';
import { type AssetRow, isActive } from '../../catalog/rows.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { newAssetId } from '../../media/ids.ts';
import { optionsJson, parseOptions } from '../../protocol/encode-options.ts';
import { type PrewarmEnv, prewarmAsset } from '../encoding/publish/prewarm-asset.ts';
import { type SettleEnv, trySettleJob } from '../encoding/workflow/settle-jobs.ts';
import { jobSummary, startAsset } from '../jobs/jobs.ts';
import { liveReport } from '../resources/live-numbers.ts';
import { assetView } from '../resources/present.ts';
import {
  assetDetailSchema,
  assetParams,
  assetSchema,
  changeAssetSchema,
  createAssetSchema,
  createClipSchema,
  warnedPageQuerySchema,
} from '../resources/schemas.ts';
import { copyTracks } from '../revisions/copy-tracks.ts';
import { findObject, locateSource, SOURCE_ERRORS } from '../sources/locate-source.ts';
import { newAsset } from './new-asset.ts';

export type AssetsEnv = SettleEnv & PrewarmEnv & ErasureEnv;

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
  };
}

export async function viewOf(env: AssetsEnv, asset: AssetRow) {
  const job = await findLatestJob(env.CATALOG, asset.id);
  const going = job !== null && isActive(job);
  return assetView(asset, job, going ? (await jobSummary(env, job.id)).progress : 0);
}

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
    await startAsset(c.env, asset, input.priority);
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
    request: { query: warnedPageQuerySchema.extend({ q: z.string().max(200).default('') }) },
    responses: {
      200: jsonResponse('A page', z.object({ assets: z.array(assetSchema), nextCursor: z.string().nullable() })),
    },
  }),
  async (c) => {
    const { cursor, limit, q, warnings } = c.req.valid('query');
    const rows = await listAssets(c.env.CATALOG, { after: parseCursor(cursor), limit, query: q, warnings });
    const assets = await Promise.all(rows.map((row) => viewOf(c.env, row)));
    return c.json({ assets, nextCursor: nextCursor(rows, limit) }, 200);
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
    const [view, views] = await Promise.all([viewOf(c.env, asset), findAssetViews(c.env, asset.id, Date.now())]);
    return c.json({ ...view, views: views && liveReport(views) }, 200);
  },
);

assetRoutes.openapi(
  apiRoute({
    method: 'patch',
    path: '/assets/{id}',
    operationId: 'updateAsset',
    summary: 'Change the title or policy, disable or enable playback, prewarm',
    request: { params: assetParams, body: jsonBody(changeAssetSchema) },
    responses: {
      200: jsonResponse('The changed asset', assetSchema),
      ...problemResponses('asset_not_found', 'unavailable'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const change = c.req.valid('json');
    const asset = await changeAsset(c.env.CATALOG, id, change, Date.now());
    if (asset === null) {
      throw new AppError('asset_not_found');
    }
    await writeMirrorOrRetry(c.env.CATALOG, c.env.MEDIA, currentMirror(c.env.CATALOG, id));
    if (change.prewarm === true || change.disabled === false) {
      waitUntil(prewarmAsset(c.env, id));
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
    const { CATALOG, MEDIA } = c.env;
    const { id } = c.req.valid('param');
    const mirror = currentMirror(CATALOG, id);
    const asset = await findAsset(CATALOG, id);
    if (asset === null && !(await isStale(CATALOG, mirror.key))) {
      throw new AppError('asset_not_found');
    }
    if (asset !== null) {
      const job = await findLatestJob(CATALOG, id);
      const nowMs = Date.now();
      await deleteAsset(CATALOG, id, nowMs, eraseAsset(CATALOG, id, nowMs));
      // The transaction has noted the job and the counters, so the sweeps do what fails here.
      waitUntil(job !== null && isActive(job) ? trySettleJob(c.env, job.id) : Promise.resolve());
      waitUntil(tryErasure(c.env, assetErasureId(id), Date.now()));
    }
    await writeMirrorOrRetry(CATALOG, MEDIA, mirror);
    return c.body(null, 204);
  },
);
