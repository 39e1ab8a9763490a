/** Schemas of API tokens and the audit log, and their rows as the API shows them. */
import { z } from '@hono/zod-openapi';
import type { TokenRow } from '../../http/api-tokens.ts';
import { SCOPES } from '../../http/scopes.ts';
import { isoTime, shownTime, timeSchema } from '../../http/times.ts';
import { assetIdSchema } from '../../media/ids.ts';
import { withoutNull } from '../../platform/members.ts';
import { labelSchema } from '../../platform/text.ts';
import { pageQuerySchema } from '../resources/schemas.ts';
import type { AuditRow } from './audit-store.ts';

const tokenIdSchema = z.string().regex(/^[a-z0-9]{1,32}$/);

export const tokenParams = z.object({ id: tokenIdSchema });

export const createTokenSchema = z
  .strictObject({
    name: labelSchema(100),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(SCOPES.length)
      .transform((scopes) => [...new Set(scopes)])
      .openapi({ description: 'Only scopes that the calling token has; `write` includes `read`' }),
    expiresAt: timeSchema
      .optional()
      .openapi({ description: 'Between 1970 and 9998. It ends with the calling token at the latest' }),
  })
  .openapi('CreateApiToken');

const scopesSchema = z.array(z.string()).openapi({ description: 'Scopes are added over time' });

export const currentTokenSchema = z
  .object({
    id: z.string().openapi({ description: '`root` for `API_TOKEN`' }),
    name: z.string(),
    scopes: scopesSchema,
    expiresAt: z.iso.datetime().optional(),
  })
  .openapi('CurrentApiToken');

export const tokenSchema = z
  .object({
    id: tokenIdSchema,
    name: z.string(),
    scopes: scopesSchema,
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().optional(),
    lastUsedAt: z.iso.datetime().optional().openapi({ description: 'To within five minutes' }),
    revokedAt: z.iso.datetime().optional(),
  })
  .openapi('ApiToken');

export const createdTokenSchema = tokenSchema
  .extend({ token: z.string().openapi({ description: 'The bearer token: returned only here and not stored' }) })
  .openapi('CreatedApiToken');

export const tokenView = (row: TokenRow) => ({
  id: row.id,
  name: row.name,
  scopes: JSON.parse(row.scopes) as string[],
  createdAt: isoTime(row.created_at),
  ...withoutNull({
    expiresAt: shownTime(row.expires_at),
    lastUsedAt: shownTime(row.last_used_at),
    revokedAt: shownTime(row.revoked_at),
  }),
});

export const auditQuerySchema = pageQuerySchema.extend({
  token: tokenIdSchema.optional().openapi({ description: 'Id of a token; `root` for `API_TOKEN`' }),
  operation: z
    .string()
    .regex(/^[a-zA-Z]{1,64}$/)
    .optional()
    .openapi({ description: 'An `operationId` of this document' }),
  asset: assetIdSchema.optional(),
});

export const changeSchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    token: z.object({ id: z.string(), name: z.string() }),
    operation: z.string(),
    target: z.record(z.string(), z.string()).openapi({ description: 'Ids of what was changed' }),
    asset: z.string().optional(),
    fields: z.array(z.string()).optional().openapi({ description: 'The members of a PATCH' }),
    requestId: z.string().openapi({ description: '`X-Request-Id` of the answer' }),
    clientIp: z.string().optional(),
  })
  .openapi('Change');

export const changeView = (row: AuditRow) => ({
  id: String(row.id),
  at: isoTime(row.created_at),
  token: { id: row.token_id, name: row.token_name },
  operation: row.operation,
  target: JSON.parse(row.target) as Record<string, string>,
  requestId: row.request_id,
  ...withoutNull({
    asset: row.asset_id,
    fields: row.fields === null ? null : (JSON.parse(row.fields) as string[]),
    clientIp: row.client_ip,
  }),
});
