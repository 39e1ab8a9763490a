/** `/v1/revocations`: ends links and sessions early, by session, link, viewer, asset or key. */
import { z } from '@hono/zod-openapi';
import { REVOCATION_KINDS } from '../../access/revocation-list.ts';
import { openPage } from '../../catalog/cursor.ts';
import { invalidMember } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { isoTime, timeSchema } from '../../http/times.ts';
import { opaqueIdSchema } from '../../media/ids.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { labelSchema } from '../../platform/text.ts';
import { pageQuerySchema } from '../resources/schemas.ts';
import {
  addRevocation,
  listRevocations,
  type RevocationRow,
  removeRevocation,
  revocationExpiry,
} from './revocation-store.ts';

const kindSchema = z.enum(REVOCATION_KINDS);
const valueSchema = opaqueIdSchema.describe(
  "A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid`",
);

const createRevocationSchema = z
  .strictObject({
    kind: kindSchema,
    value: valueSchema,
    reason: labelSchema(200).optional().openapi({ description: 'For your records; not shown to players' }),
    expiresAt: timeSchema.optional().openapi({
      description:
        'Between 1970 and 9998: when what is revoked ends by itself, so that the entry can be forgotten. Of a link its ' +
        '`exp`, of a key when its last link expires; the entry then stays 7 days longer, for sessions. Left out: a session ' +
        '7 days, all else for good.',
    }),
  })
  .openapi('CreateRevocation');

const revocationSchema = z
  .object({
    kind: kindSchema,
    value: valueSchema,
    reason: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable().openapi({ description: 'When the entry is forgotten; null for never' }),
    createdAt: z.iso.datetime(),
  })
  .openapi('Revocation');

const revocationView = ({ kind, value, reason, expires_at, created_at }: RevocationRow) => ({
  kind,
  value,
  reason,
  expiresAt: expires_at === null ? null : isoTime(expires_at),
  createdAt: isoTime(created_at),
});

export const revocationRoutes = newRouter<Bindings>();

revocationRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/revocations',
    operationId: 'createRevocation',
    summary: 'Revoke a session, link, viewer, asset or key; can be repeated',
    request: { body: jsonBody(createRevocationSchema) },
    responses: {
      200: jsonResponse('In force everywhere within `EDGE_STATE_SECONDS`, for running sessions too', revocationSchema),
      ...problemResponses('revocations_full', 'unavailable'),
    },
  }),
  async (c) => {
    const { kind, value, reason, expiresAt } = c.req.valid('json');
    const nowMs = Date.now();
    const expiresAtMs = revocationExpiry(kind, expiresAt, nowMs);
    if (expiresAtMs !== null && expiresAtMs <= nowMs) {
      throw invalidMember('expiresAt', 'is in the past');
    }
    const row = await addRevocation(c.env.CATALOG, c.env.MEDIA, { kind, value, reason, expiresAtMs }, nowMs);
    return c.json(revocationView(row), 200);
  },
);

revocationRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/revocations',
    operationId: 'listRevocations',
    summary: 'List active revocations, newest first',
    request: { query: pageQuerySchema.extend({ kind: kindSchema.optional(), value: valueSchema.optional() }) },
    responses: {
      200: jsonResponse(
        'A page',
        z.object({ revocations: z.array(revocationSchema), nextCursor: z.string().nullable() }),
      ),
    },
  }),
  async (c) => {
    const { cursor, limit, kind, value } = c.req.valid('query');
    const { next, ...page } = openPage('revocations', { kind, value }, { cursor, limit });
    const rows = await listRevocations(c.env.CATALOG, { kind, value }, page, Date.now());
    const marks = rows.map(({ created_at, fingerprint }) => ({ created_at, id: fingerprint }));
    return c.json({ revocations: rows.map(revocationView), nextCursor: next(marks) }, 200);
  },
);

revocationRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/revocations',
    operationId: 'deleteRevocation',
    summary: 'Delete a revocation',
    request: { query: z.object({ kind: kindSchema, value: valueSchema }) },
    responses: {
      204: { description: 'Deleted; players are let in again within `EDGE_STATE_SECONDS`' },
      ...problemResponses('revocation_not_found', 'unavailable'),
    },
  }),
  async (c) => {
    await removeRevocation(c.env.CATALOG, c.env.MEDIA, c.req.valid('query'), Date.now());
    return c.body(null, 204);
  },
);
