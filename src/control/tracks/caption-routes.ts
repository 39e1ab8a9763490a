/** `/v1/captions/{token}`: a captioning service delivers its file. The address is the credential, for one track and once. */

import { createRoute, z } from '@hono/zod-openapi';
import { findAsset } from '../../catalog/assets.ts';
import { type CaptionOrder, endOrder, findOrder } from '../../catalog/caption-orders.ts';
import { findTrack } from '../../catalog/tracks.ts';
import { AppError } from '../../errors.ts';
import { limitBody, newRouter, problemResponses } from '../../http/router.ts';
import { MAX_TEXT_BYTES } from '../../media/limits.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { tryRevise } from '../revisions/revise.ts';
import { checkText, storeContent } from './content.ts';

const TOKEN = /^[0-9a-z]{32}$/;

async function requireOrder({ CATALOG }: Bindings, token: string): Promise<CaptionOrder> {
  const order = TOKEN.test(token) ? await findOrder(CATALOG, token, Date.now()) : null;
  if (order === null) {
    throw new AppError('not_found', { detail: 'No captions are awaited here: they were delivered, or came too late' });
  }
  return order;
}

/** A file that cannot be read is refused; the service may send another one. */
async function deliver(env: Bindings, order: CaptionOrder, bytes: Uint8Array): Promise<void> {
  const { asset_id: assetId, track } = order;
  const [asset, row] = await Promise.all([findAsset(env.CATALOG, assetId), findTrack(env.CATALOG, assetId, track)]);
  const warnings = checkText(bytes, row?.language ?? 'und', asset?.duration_seconds ?? null);
  const content = await storeContent(env, assetId, bytes);
  if (!(await endOrder(env.CATALOG, order, { state: 'ready', content, warnings }, Date.now()))) {
    throw new AppError('not_found', { detail: 'The track has other captions by now, or was deleted' });
  }
  await tryRevise(env, assetId);
}

export const captionRoutes = newRouter<Bindings>();

captionRoutes.use('/captions/:token', async (c, next) => {
  // Before the body is read: strangers may send none.
  await requireOrder(c.env, c.req.param('token'));
  await next();
});
captionRoutes.use('/captions/:token', limitBody(MAX_TEXT_BYTES));

captionRoutes.openapi(
  createRoute({
    method: 'put',
    path: '/captions/{token}',
    operationId: 'deliverCaptions',
    summary: 'Deliver the file that a captioning service was asked for; the address is the credential',
    security: [],
    request: {
      params: z.object({ token: z.string() }),
      body: {
        required: true,
        content: {
          'application/octet-stream': {
            schema: z.string().openapi({ description: 'SRT, WebVTT, TTML or ASS; of any media type' }),
          },
        },
      },
    },
    responses: {
      204: { description: 'Part of the film; the address is used up' },
      ...problemResponses('not_found', 'text_unreadable', 'text_too_long', 'text_empty', 'unavailable'),
    },
  }),
  async (c) => {
    const order = await requireOrder(c.env, c.req.valid('param').token);
    await deliver(c.env, order, new Uint8Array(await c.req.arrayBuffer()));
    return c.body(null, 204);
  },
);
