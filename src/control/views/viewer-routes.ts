/** `/v1/viewers/{viewer}`: erases a viewer who asks for it (GDPR article 17, CCPA 1798.105). */

import { z } from '@hono/zod-openapi';
import type { ConcurrencyEnv } from '../../access/concurrency/concurrency-limiter.ts';
import { type ErasureEnv, forgetViewer } from '../../analytics/erase/erasures.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { opaqueIdSchema } from '../../media/ids.ts';
import { log } from '../../platform/log.ts';

const forgottenSchema = z
  .object({
    assets: z.int().openapi({ description: 'Assets whose counters this call has cleared' }),
    sessions: z.int().openapi({
      description: 'Sessions that were tied to the viewer until now. Counters of a small audience keep no such tie',
    }),
    streams: z.int().openapi({ description: "1 if the viewer's concurrency limiter held anything, else 0" }),
    complete: z.boolean(),
  })
  .openapi('ForgottenViewer');

export const viewerRoutes = newRouter<ErasureEnv & ConcurrencyEnv>();

viewerRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/viewers/{viewer}',
    operationId: 'forgetViewer',
    summary: 'Erase a viewer from all view counters; can be repeated',
    // As long as a link's `viewer` may be.
    request: { params: z.object({ viewer: opaqueIdSchema }) },
    responses: {
      200: jsonResponse('Erased everywhere', forgottenSchema),
      202: jsonResponse('Erased from these assets; the rest follows within minutes', forgottenSchema),
      ...problemResponses('unavailable'),
    },
  }),
  async (c) => {
    const { viewer } = c.req.valid('param');
    const forgotten = await forgetViewer(c.env, viewer, configOf(c.env), Date.now()).catch((cause: unknown) => {
      log.error({ event: 'viewer_not_forgotten', reason: String(cause) });
      throw new AppError('unavailable', {
        detail:
          'Not all data of the viewer is deleted yet. The deletion goes on; repeat the call to see when it is complete.',
        cause,
      });
    });
    return c.json(forgotten, forgotten.complete ? 200 : 202);
  },
);
