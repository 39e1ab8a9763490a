/** `/v1/assets/{id}/source`: another file for the same asset. Its links, views, tracks and metadata stay. */

import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { newVersionId } from '../../media/ids.ts';
import { sourceKey } from '../../media/keys.ts';
import { isPart, optionsJson, parseOptions, storedMode } from '../../protocol/encode-options.ts';
import { replaceSource } from '../jobs/jobs.ts';
import { assetParams, assetSchema, newSourceSchema } from '../resources/schemas.ts';
import { type LocatedSource, locateSource, SOURCE_ERRORS } from '../sources/locate-source.ts';
import { fileNameOf } from './new-asset.ts';
import { type AssetsEnv, findAssetOrThrow, viewOf } from './routes.ts';

export const sourceRoutes = newRouter<AssetsEnv>();

/** A pulled file has a key of its own: an earlier version is still of the one before. */
const placeOf = (assetId: string, version: string, located: LocatedSource) =>
  'object' in located
    ? { source_key: located.object, source_url: null }
    : {
        source_key: sourceKey(assetId, `${version}/${fileNameOf(new URL(located.url).pathname)}`),
        source_url: located.url,
      };

sourceRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/assets/{id}/source',
    operationId: 'replaceSource',
    summary: 'Encode another file as the next version; the one that plays stays until it is ready',
    request: { params: assetParams, body: jsonBody(newSourceSchema) },
    responses: {
      202: jsonResponse('The asset; its job is durable and started', assetSchema),
      ...problemResponses('asset_not_found', 'job_active', ...SOURCE_ERRORS),
    },
  }),
  async (c) => {
    const { start, end, audio, encode, priority, ...named } = c.req.valid('json');
    const asset = await findAssetOrThrow(c.env, c.req.valid('param').id);
    const located = await locateSource(c.env, named);
    const version = newVersionId();
    // The limit of an upload link is its file's: that of the file before is gone.
    const maxSeconds = 'object' in located ? located.maxSeconds : undefined;
    const before = parseOptions(asset.options);
    const mode = encode ?? (isPart({ start, end }) ? 'always' : before.encode);
    const options = optionsJson({ start, end, audio: audio ?? before.audio, encode: mode, maxSeconds });
    const source = { ...placeOf(asset.id, version, located), options };
    await replaceSource(c.env, asset.id, { version, priority, source, mode: storedMode(mode) });
    return c.json(await viewOf(c.env, await findAssetOrThrow(c.env, asset.id)), 202);
  },
);
