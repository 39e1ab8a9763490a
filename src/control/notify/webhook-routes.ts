/** `/v1/webhooks`: who is told of events, and with which secret. */
import { createRoute, z } from '@hono/zod-openapi';
import { newEventId } from '../../catalog/event-log.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import type { Bindings } from '../../platform/bindings.ts';
import {
  addEndpoint,
  changeEndpoint,
  findEndpointOrThrow,
  listEndpoints,
  removeEndpoint,
  rotateSecret,
  secretsOf,
} from './endpoints.ts';
import {
  changeWebhookSchema,
  createWebhookSchema,
  testResultSchema,
  webhookMessage,
  webhookParams,
  webhookSchema,
  webhookView,
  webhookWithSecretSchema,
} from './schemas.ts';
import { send } from './send.ts';
import { refusedTarget } from './targets.ts';

const security = [{ apiToken: [] }];

const loopbackAllowed = (env: object): boolean => configOf(env).WEBHOOK_LOOPBACK === 'on';

function throwIfRefused(env: object, url: string): void {
  const reason = refusedTarget(url, loopbackAllowed(env));
  if (reason !== null) {
    throw new AppError('webhook_refused', { detail: `It may not be called: ${reason}` });
  }
}

export const webhookRoutes = newRouter<Pick<Bindings, 'CATALOG'>>();

webhookRoutes.openAPIRegistry.registerWebhook(webhookMessage);

webhookRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/webhooks',
    operationId: 'listWebhooks',
    summary: 'List webhooks, oldest first',
    security,
    responses: {
      200: jsonResponse('All webhooks', z.object({ webhooks: z.array(webhookSchema) })),
      ...problemResponses('unauthorized'),
    },
  }),
  async (c) => c.json({ webhooks: (await listEndpoints(c.env.CATALOG)).map(webhookView) }, 200),
);

webhookRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/webhooks',
    operationId: 'createWebhook',
    summary: 'Create a webhook, which receives events from now on',
    security,
    request: { body: jsonBody(createWebhookSchema) },
    responses: {
      201: jsonResponse('The webhook and its secret', webhookWithSecretSchema),
      ...problemResponses('invalid_request', 'unauthorized', 'webhook_refused', 'webhooks_full'),
    },
  }),
  async (c) => {
    const { url, types } = c.req.valid('json');
    throwIfRefused(c.env, url);
    const row = await addEndpoint(c.env.CATALOG, { url, types }, Date.now());
    return c.json({ ...webhookView(row), secret: row.secret }, 201, { location: `/v1/webhooks/${row.id}` });
  },
);

webhookRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/webhooks/{id}',
    operationId: 'getWebhook',
    summary: 'Read a webhook',
    security,
    request: { params: webhookParams },
    responses: {
      200: jsonResponse('The webhook', webhookSchema),
      ...problemResponses('unauthorized', 'webhook_not_found'),
    },
  }),
  async (c) => c.json(webhookView(await findEndpointOrThrow(c.env.CATALOG, c.req.valid('param').id)), 200),
);

webhookRoutes.openapi(
  createRoute({
    method: 'patch',
    path: '/webhooks/{id}',
    operationId: 'updateWebhook',
    summary: 'Change the URL or types, disable or enable; a disabled webhook misses the events of that time',
    security,
    request: { params: webhookParams, body: jsonBody(changeWebhookSchema) },
    responses: {
      200: jsonResponse('The changed webhook', webhookSchema),
      ...problemResponses('invalid_request', 'unauthorized', 'webhook_not_found', 'webhook_refused'),
    },
  }),
  async (c) => {
    const change = c.req.valid('json');
    if (change.url !== undefined) {
      throwIfRefused(c.env, change.url);
    }
    const row = await changeEndpoint(c.env.CATALOG, c.req.valid('param').id, change, Date.now());
    if (row === null) {
      throw new AppError('webhook_not_found');
    }
    return c.json(webhookView(row), 200);
  },
);

webhookRoutes.openapi(
  createRoute({
    method: 'delete',
    path: '/webhooks/{id}',
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook and its pending deliveries',
    security,
    request: { params: webhookParams },
    responses: { 204: { description: 'Deleted' }, ...problemResponses('unauthorized', 'webhook_not_found') },
  }),
  async (c) => {
    if (!(await removeEndpoint(c.env.CATALOG, c.req.valid('param').id))) {
      throw new AppError('webhook_not_found');
    }
    return c.body(null, 204);
  },
);

webhookRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/webhooks/{id}/rotate-secret',
    operationId: 'rotateWebhookSecret',
    summary: 'Create a new secret; the previous one also signs for 24 hours',
    security,
    request: { params: webhookParams },
    responses: {
      200: jsonResponse('The webhook and its new secret', webhookWithSecretSchema),
      ...problemResponses('unauthorized', 'webhook_not_found'),
    },
  }),
  async (c) => {
    const row = await rotateSecret(c.env.CATALOG, c.req.valid('param').id, Date.now());
    if (row === null) {
      throw new AppError('webhook_not_found');
    }
    return c.json({ ...webhookView(row), secret: row.secret }, 200);
  },
);

webhookRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/webhooks/{id}/test',
    operationId: 'testWebhook',
    summary: 'Send a `webhook.test` message now and return the result',
    security,
    request: { params: webhookParams },
    responses: {
      200: jsonResponse('The result', testResultSchema),
      ...problemResponses('unauthorized', 'webhook_not_found'),
    },
  }),
  async (c) => {
    const endpoint = await findEndpointOrThrow(c.env.CATALOG, c.req.valid('param').id);
    const nowMs = Date.now();
    const target = { url: endpoint.url, secrets: secretsOf(endpoint, nowMs), loopback: loopbackAllowed(c.env) };
    const message = { id: newEventId(), type: 'webhook.test', timestamp: new Date(nowMs).toISOString(), data: {} };
    const outcome = await send(target, message, nowMs);
    return c.json({ delivered: outcome.error === null, ...outcome }, 200);
  },
);
