/** `/v1/assets/{id}/versions`: what the asset has been encoded to, and going back to an earlier one. */

import { waitUntil } from 'cloudflare:workers';
import { z } from '@hono/zod-openapi';
import { currentMirror } from '../../catalog/job-progress.ts';
import { writeMirrorOrRetry } from '../../catalog/mirror.ts';
import { findVersionRow, listVersions, makeCurrent, versionStatus } from '../../catalog/versions.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import type { VersionRef } from '../../media/keys.ts';
import { prewarmAsset } from '../encoding/publish/prewarm-asset.ts';
import { startDub } from '../encoding/workflow/start-dub.ts';
import { versionView } from '../resources/present.ts';
import { assetParams, assetSchema, versionParams, versionSchema } from '../resources/schemas.ts';
import { tryRevise } from '../revisions/revise.ts';
import { type AssetsEnv, findAssetOrThrow, viewOf } from './routes.ts';

/** A film is replaced a few times; earlier versions than these have been collected. */
const VERSIONS_LISTED = 100;

export const versionRoutes = newRouter<AssetsEnv>();

/** Throws AppError where the version cannot be made current. */
async function goBack(env: AssetsEnv, ref: VersionRef): Promise<void> {
  const found = await findVersionRow(env.CATALOG, ref);
  if (found === null) {
    throw new AppError('version_not_found');
  }
  const status = versionStatus(found);
  if (status === 'collected') {
    throw new AppError('version_collected');
  }
  if (status === 'failed') {
    throw new AppError('version_not_ready');
  }
  // A job that is active would replace it in its turn.
  if (status !== 'current' && !(await makeCurrent(env.CATALOG, ref, Date.now()))) {
    throw new AppError('job_active');
  }
  await writeMirrorOrRetry(env.CATALOG, env.MEDIA, currentMirror(env.CATALOG, ref.assetId));
}

/** Tracks and chapters that were changed since it played last. The database has noted them, so the sweeps do what fails here. */
async function catchUp(env: AssetsEnv, assetId: string): Promise<void> {
  await tryRevise(env, assetId);
  await startDub(env, assetId);
  await prewarmAsset(env, assetId);
}

versionRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets/{id}/versions',
    operationId: 'listVersions',
    summary: `List the versions of an asset, newest first; at most ${VERSIONS_LISTED}`,
    request: { params: assetParams },
    responses: {
      200: jsonResponse('The versions', z.object({ versions: z.array(versionSchema) })),
      ...problemResponses('asset_not_found'),
    },
  }),
  async (c) => {
    const { id } = await findAssetOrThrow(c.env, c.req.valid('param').id);
    const rows = await listVersions(c.env.CATALOG, id, VERSIONS_LISTED);
    return c.json({ versions: rows.map(versionView) }, 200);
  },
);

versionRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/assets/{id}/versions/{version}/current',
    operationId: 'makeVersionCurrent',
    summary: 'Make an earlier version the one that plays; sessions that run stay on theirs',
    request: { params: versionParams },
    responses: {
      200: jsonResponse('The asset', assetSchema),
      ...problemResponses(
        ...(['asset_not_found', 'version_not_found', 'version_not_ready', 'version_collected'] as const),
        ...(['job_active', 'unavailable'] as const),
      ),
    },
  }),
  async (c) => {
    const { id, version } = c.req.valid('param');
    await findAssetOrThrow(c.env, id);
    await goBack(c.env, { assetId: id, version });
    waitUntil(catchUp(c.env, id));
    return c.json(await viewOf(c.env, await findAssetOrThrow(c.env, id)), 200);
  },
);
