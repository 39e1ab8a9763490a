/** `/v1/webhooks/{id}/deliveries`: what an endpoint was sent, what it never took, and sending it again. */
import { createRoute, z } from '@hono/zod-openapi';
import { nextCursor, parseCursor } from '../../catalog/cursor.ts';
import { wakeDeliveries } from '../../catalog/wake.ts';
import { AppError } from '../../errors.ts';
import { jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { pageQuerySchema } from '../resources/schemas.ts';
import { DELIVERY_STATES, listDeliveries, redeliver } from './deliveries.ts';
import { findEndpointOrThrow } from './endpoints.ts';
import { deliveryParams, deliverySchema, deliveryView, webhookParams } from './schemas.ts';

const security = [{ apiToken: [] }];

export const webhookDeliveryRoutes = newRouter<Pick<Bindings, 'CATALOG'>>();

webhookDeliveryRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/webhooks/{id}/deliveries',
    operationId: 'listDeliveries',
    summary: 'List deliveries, newest first; `state=dead` lists those that were given up',
    security,
    request: { params: webhookParams, query: pageQuerySchema.extend({ state: z.enum(DELIVERY_STATES).optional() }) },
    responses: {
      200: jsonResponse('A page', z.object({ deliveries: z.array(deliverySchema), nextCursor: z.string().nullable() })),
      ...problemResponses('invalid_request', 'unauthorized', 'webhook_not_found'),
    },
  }),
  async (c) => {
    const { cursor, limit, state } = c.req.valid('query');
    const { id } = await findEndpointOrThrow(c.env.CATALOG, c.req.valid('param').id);
    const rows = await listDeliveries(c.env.CATALOG, id, { state, after: parseCursor(cursor), limit });
    const marks = rows.map(({ created_at, event_id }) => ({ created_at, id: event_id }));
    return c.json({ deliveries: rows.map(deliveryView), nextCursor: nextCursor(marks, limit) }, 200);
  },
);

webhookDeliveryRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/webhooks/{id}/deliveries/{eventId}/redeliver',
    operationId: 'redeliverEvent',
    summary:
      'Redeliver an event with a full set of attempts; later events do not wait. A pending delivery is tried at once',
    security,
    request: { params: deliveryParams },
    responses: {
      202: jsonResponse('The delivery, pending', deliverySchema),
      ...problemResponses('unauthorized', 'webhook_not_found', 'delivery_not_found', 'webhook_disabled'),
    },
  }),
  async (c) => {
    const { id, eventId } = c.req.valid('param');
    const endpoint = await findEndpointOrThrow(c.env.CATALOG, id);
    if (endpoint.disabled === 1) {
      throw new AppError('webhook_disabled');
    }
    const row = await redeliver(c.env.CATALOG, id, eventId, Date.now());
    if (row === null) {
      throw new AppError('delivery_not_found');
    }
    await wakeDeliveries([{ asset: row.asset_id, webhook: id }]);
    return c.json(deliveryView(row), 202);
  },
);
