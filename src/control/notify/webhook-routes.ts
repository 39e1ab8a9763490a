/** `/v1/webhooks`: endpoints that are told of events, their secrets and their deliveries. */
import { z } from '@hono/zod-openapi';
import { openPage } from '../../catalog/cursor.ts';
import { newEventId } from '../../catalog/event-log.ts';
import { wakeDeliveries } from '../../catalog/wake.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { isoTime } from '../../http/times.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { pageQuerySchema } from '../resources/schemas.ts';
import { DELIVERY_STATES, listDeliveries, redeliver } from './deliveries.ts';
import {
  addEndpoint,
  changeEndpoint,
  findEndpointOrThrow,
  listEndpoints,
  removeEndpoint,
  rotateSecret,
} from './endpoints.ts';
import {
  changeWebhookSchema,
  createWebhookSchema,
  deliveryParams,
  deliverySchema,
  deliveryView,
  testResultSchema,
  webhookMessage,
  webhookParams,
  webhookSchema,
  webhookView,
  webhookWithSecretSchema,
} from './schemas.ts';
import { send, throwIfRefused } from './send.ts';

export const webhookRoutes = newRouter<Pick<Bindings, 'CATALOG'>>();

webhookRoutes.openAPIRegistry.registerWebhook(webhookMessage);

webhookRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/webhooks',
    operationId: 'listWebhooks',
    summary: 'List webhooks, oldest first',
    responses: { 200: jsonResponse('All webhooks', z.object({ webhooks: z.array(webhookSchema) })) },
  }),
  async (c) => c.json({ webhooks: (await listEndpoints(c.env.CATALOG)).map(webhookView) }, 200),
);

webhookRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/webhooks',
    operationId: 'createWebhook',
    summary: 'Create a webhook, which receives events from now on',
    request: { body: jsonBody(createWebhookSchema) },
    responses: {
      201: jsonResponse('The webhook and its secret', webhookWithSecretSchema),
      ...problemResponses('webhook_refused', 'webhooks_full'),
    },
  }),
  async (c) => {
    const wanted = c.req.valid('json');
    throwIfRefused(c.env, wanted.url);
    const row = await addEndpoint(c.env.CATALOG, wanted, Date.now());
    return c.json({ ...webhookView(row), secret: row.secret }, 201, { location: `/v1/webhooks/${row.id}` });
  },
);

webhookRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/webhooks/{id}',
    operationId: 'getWebhook',
    summary: 'Read a webhook',
    request: { params: webhookParams },
    responses: { 200: jsonResponse('The webhook', webhookSchema), ...problemResponses('webhook_not_found') },
  }),
  async (c) => c.json(webhookView(await findEndpointOrThrow(c.env.CATALOG, c.req.valid('param').id)), 200),
);

webhookRoutes.openapi(
  apiRoute({
    method: 'patch',
    path: '/webhooks/{id}',
    operationId: 'updateWebhook',
    summary: 'Change the URL or types, disable or enable; a disabled webhook misses the events of that time',
    request: { params: webhookParams, body: jsonBody(changeWebhookSchema) },
    responses: {
      200: jsonResponse('The changed webhook', webhookSchema),
      ...problemResponses('webhook_not_found', 'webhook_refused'),
    },
  }),
  async (c) => {
    const change = c.req.valid('json');
    if (change.url !== undefined) {
      throwIfRefused(c.env, change.url);
    }
    return c.json(webhookView(await changeEndpoint(c.env.CATALOG, c.req.valid('param').id, change, Date.now())), 200);
  },
);

webhookRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/webhooks/{id}',
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook and its pending deliveries',
    request: { params: webhookParams },
    responses: { 204: { description: 'Deleted' }, ...problemResponses('webhook_not_found') },
  }),
  async (c) => {
    await removeEndpoint(c.env.CATALOG, c.req.valid('param').id);
    return c.body(null, 204);
  },
);

webhookRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/webhooks/{id}/rotate-secret',
    operationId: 'rotateWebhookSecret',
    summary: 'Create a new secret; the previous one also signs for 24 hours',
    request: { params: webhookParams },
    responses: {
      200: jsonResponse('The webhook and its new secret', webhookWithSecretSchema),
      ...problemResponses('webhook_not_found'),
    },
  }),
  async (c) => {
    const row = await rotateSecret(c.env.CATALOG, c.req.valid('param').id, Date.now());
    return c.json({ ...webhookView(row), secret: row.secret }, 200);
  },
);

webhookRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/webhooks/{id}/test',
    operationId: 'testWebhook',
    summary: 'Send a `webhook.test` message now and return the result',
    request: { params: webhookParams },
    responses: { 200: jsonResponse('The result', testResultSchema), ...problemResponses('webhook_not_found') },
  }),
  async (c) => {
    const endpoint = await findEndpointOrThrow(c.env.CATALOG, c.req.valid('param').id);
    const nowMs = Date.now();
    const message = { id: newEventId(), type: 'webhook.test', timestamp: isoTime(nowMs), data: {} };
    const outcome = await send(c.env, endpoint, message, nowMs);
    return c.json({ delivered: outcome.error === null, ...outcome }, 200);
  },
);

webhookRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/webhooks/{id}/deliveries',
    operationId: 'listDeliveries',
    summary: 'List deliveries, newest first; `state=dead` lists those that were given up',
    request: { params: webhookParams, query: pageQuerySchema.extend({ state: z.enum(DELIVERY_STATES).optional() }) },
    responses: {
      200: jsonResponse('A page', z.object({ deliveries: z.array(deliverySchema), nextCursor: z.string().nullable() })),
      ...problemResponses('webhook_not_found'),
    },
  }),
  async (c) => {
    const { cursor, limit, state } = c.req.valid('query');
    const { id } = await findEndpointOrThrow(c.env.CATALOG, c.req.valid('param').id);
    const { next, ...page } = openPage('deliveries', { id, state }, { cursor, limit });
    const rows = await listDeliveries(c.env.CATALOG, id, { ...page, state });
    const marks = rows.map(({ created_at, event_id }) => ({ created_at, id: event_id }));
    return c.json({ deliveries: rows.map(deliveryView), nextCursor: next(marks) }, 200);
  },
);

webhookRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/webhooks/{id}/deliveries/{eventId}/redeliver',
    operationId: 'redeliverEvent',
    summary:
      'Redeliver an event with a full set of attempts; later events do not wait. A pending delivery is tried at once',
    request: { params: deliveryParams },
    responses: {
      202: jsonResponse('The delivery, pending', deliverySchema),
      ...problemResponses('webhook_not_found', 'delivery_not_found', 'webhook_disabled'),
    },
  }),
  async (c) => {
    const { id, eventId } = c.req.valid('param');
    if ((await findEndpointOrThrow(c.env.CATALOG, id)).disabled === 1) {
      throw new AppError('webhook_disabled');
    }
    const row = await redeliver(c.env.CATALOG, id, eventId, Date.now());
    await wakeDeliveries([{ asset: row.asset_id, webhook: id }]);
    return c.json(deliveryView(row), 202);
  },
);
