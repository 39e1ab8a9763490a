/** `/v1/assets/{id}/views/events`: follows an asset's live numbers, as server-sent events. */

import { createRoute } from '@hono/zod-openapi';
import type { CountersEnv } from '../../analytics/counters-env.ts';
import { askRoot } from '../../analytics/read/root-counter.ts';
import { EVENT_STREAM_TYPE, eventStreamResponse, StreamPlaces } from '../../http/event-stream.ts';
import { newRouter, problemResponses } from '../../http/router.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { assetParams } from '../resources/schemas.ts';
import { liveEvents } from './live-stream.ts';
import { requireAsset } from './routes.ts';
import { viewsStreamSchema } from './schemas.ts';

/** Of one isolate: a hundred ask a root two hundred times a second at most, a fifth of what an object can answer. */
const MAX_STREAMS = 100;

const places = new StreamPlaces(MAX_STREAMS);

export const liveStreamRoutes = newRouter<Pick<Bindings, 'CATALOG'> & CountersEnv>();

liveStreamRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/assets/{id}/views/events',
    operationId: 'streamViews',
    summary:
      'Follow the views of an asset: a server-sent event `views` whenever they change, at most 5 minutes at a time',
    security: [{ apiToken: [] }],
    request: { params: assetParams },
    responses: {
      200: eventStreamResponse(viewsStreamSchema),
      ...problemResponses('unauthorized', 'asset_not_found', 'streams_full'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    await requireAsset(c.env, id);
    const events = liveEvents({
      readLive: () => askRoot(c.env, id, (root) => root.live()),
      now: () => Date.now(),
      wait: (ms) => scheduler.wait(ms),
    });
    const headers = { 'content-type': EVENT_STREAM_TYPE };
    if (c.req.method === 'HEAD') {
      // Nothing reads its body: a stream would hold its place until its time is up.
      return c.body(null, 200, headers);
    }
    return c.body(places.open(events, Date.now()), 200, headers);
  },
);
