/** Schemas of the webhook calls, and rows as the API shows them. Pure. */
import { z } from '@hono/zod-openapi';
import { EVENT_TYPES } from '../../catalog/rows.ts';
import { jsonBody } from '../../http/router.ts';
import { isoTime } from '../../http/times.ts';
import { eventSchema } from '../resources/event-view.ts';
import { DELIVERY_STATES, type TypedDelivery } from './deliveries.ts';
import type { EndpointRow } from './endpoints.ts';

const idSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/);
export const webhookParams = z.object({ id: idSchema });
export const deliveryParams = z.object({ id: idSchema, eventId: idSchema });

const urlSchema = z.url({ protocol: /^https?$/ }).max(2048);
const typesSchema = z.array(z.enum(EVENT_TYPES)).min(1).max(EVENT_TYPES.length);

export const createWebhookSchema = z
  .strictObject({
    url: urlSchema.openapi({ description: '`https` on a public host; redirects are not followed' }),
    types: typesSchema.optional().openapi({ description: 'If omitted, all types, including ones added later' }),
  })
  .openapi('CreateWebhook');

export const changeWebhookSchema = z
  .strictObject({
    url: urlSchema.optional(),
    types: typesSchema.nullable().optional().openapi({ description: 'Null for all types' }),
    disabled: z.boolean().optional(),
  })
  .openapi('ChangeWebhook');

export const webhookSchema = z
  .object({
    id: idSchema,
    url: z.string(),
    types: z.array(z.enum(EVENT_TYPES)).nullable(),
    disabled: z.boolean(),
    disabledReason: z.string().nullable(),
    failingSince: z.iso.datetime().nullable().openapi({ description: 'Every attempt since this time has failed' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Webhook');

export const webhookWithSecretSchema = webhookSchema
  .extend({ secret: z.string().openapi({ description: 'Returned only here' }) })
  .openapi('WebhookWithSecret');

export const deliverySchema = z
  .object({
    eventId: z.string(),
    type: z.string(),
    asset: z.string(),
    sequence: z.int(),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int(),
    status: z.int().nullable().openapi({ description: 'HTTP status of the last answer' }),
    error: z.string().nullable(),
    lastAttemptAt: z.iso.datetime().nullable(),
    nextAttemptAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Delivery');

/** What `/test` sends. */
export const webhookTestSchema = z
  .object({ id: z.string(), type: z.literal('webhook.test'), timestamp: z.iso.datetime(), data: z.object({}) })
  .openapi('WebhookTest');

/** The request to an endpoint, for `registerWebhook`. */
export const webhookMessage = {
  method: 'post',
  path: 'message',
  operationId: 'receiveWebhook',
  summary: 'A signed message (Standard Webhooks 1): an event, or the sample of `/webhooks/{id}/test`',
  request: {
    headers: z.object({
      'webhook-id': z.string(),
      'webhook-timestamp': z.string().openapi({ description: 'Unix seconds' }),
      'webhook-signature': z.string().openapi({ description: 'One signature per active secret, separated by spaces' }),
    }),
    body: jsonBody(z.union([eventSchema, webhookTestSchema])),
  },
  responses: {
    '2XX': { description: 'Delivered' },
    410: { description: 'Gone: disables the webhook' },
    default: { description: 'Anything else, or no answer within 10 s: retried later' },
  },
} as const;

export const testResultSchema = z.object({
  delivered: z.boolean(),
  status: z.int().nullable(),
  error: z.string().nullable(),
});

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

export const webhookView = (row: EndpointRow): z.infer<typeof webhookSchema> => ({
  id: row.id,
  url: row.url,
  types: row.types === null ? null : JSON.parse(row.types),
  disabled: row.disabled === 1,
  disabledReason: row.disabled_reason,
  failingSince: isoOrNull(row.failing_since),
  createdAt: isoTime(row.created_at),
  updatedAt: isoTime(row.updated_at),
});

export const deliveryView = (row: TypedDelivery): z.infer<typeof deliverySchema> => ({
  eventId: row.event_id,
  type: row.type,
  asset: row.asset_id,
  sequence: row.sequence,
  state: row.state,
  attempts: row.attempts,
  status: row.last_status,
  error: row.last_error,
  lastAttemptAt: isoOrNull(row.last_attempt_at),
  nextAttemptAt: row.state === 'pending' ? isoTime(row.next_attempt_at) : null,
  createdAt: isoTime(row.created_at),
});
