/** `/v1/api-tokens`: tokens with scopes, for apps and people; and `/v1/audit`: what was changed with them. */
import { z } from '@hono/zod-openapi';
import { openPage } from '../../catalog/cursor.ts';
import { invalidMember } from '../../errors.ts';
import { requireScopes, type TokenEnv } from '../../http/require-token.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { shownTime } from '../../http/times.ts';
import { withoutNull } from '../../platform/members.ts';
import { pageQuerySchema } from '../resources/schemas.ts';
import { listChanges } from './audit-store.ts';
import {
  auditQuerySchema,
  changeSchema,
  changeView,
  createdTokenSchema,
  createTokenSchema,
  currentTokenSchema,
  tokenParams,
  tokenSchema,
  tokenView,
} from './schemas.ts';
import { addToken, listTokens, revokeToken } from './token-store.ts';

export const tokenRoutes = newRouter<TokenEnv>();

tokenRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/api-tokens',
    operationId: 'createApiToken',
    summary: 'Create an API token; it is shown once',
    request: { body: jsonBody(createTokenSchema) },
    responses: {
      201: jsonResponse('The token', createdTokenSchema),
      ...problemResponses('scope_missing', 'api_tokens_full'),
    },
  }),
  async (c) => {
    const { name, scopes, expiresAt = null } = c.req.valid('json');
    const nowMs = Date.now();
    if (expiresAt !== null && expiresAt <= nowMs) {
      throw invalidMember('expiresAt', 'is in the past');
    }
    const caller = c.get('caller');
    requireScopes(caller, scopes);
    // It does not outlive the token that makes it.
    const ends = [expiresAt, caller.expiresAtMs].filter((ms) => ms !== null);
    const expiresAtMs = ends.length === 0 ? null : Math.min(...ends);
    const { row, token } = await addToken(c.env.CATALOG, { name, scopes, expiresAtMs }, nowMs);
    return c.json({ ...tokenView(row), token }, 201);
  },
);

tokenRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/api-tokens',
    operationId: 'listApiTokens',
    summary: 'List API tokens, newest first; revoked and expired ones for 90 days',
    request: { query: pageQuerySchema },
    responses: {
      200: jsonResponse('A page', z.object({ apiTokens: z.array(tokenSchema), nextCursor: z.string().nullable() })),
    },
  }),
  async (c) => {
    const { next, after, limit } = openPage('api-tokens', {}, c.req.valid('query'));
    const rows = await listTokens(c.env.CATALOG, after, limit);
    return c.json({ apiTokens: rows.map(tokenView), nextCursor: next(rows) }, 200);
  },
);

tokenRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/api-tokens/current',
    operationId: 'getCurrentApiToken',
    summary: 'Read what the calling token may do; any token may',
    responses: { 200: jsonResponse('The token of this call', currentTokenSchema) },
  }),
  (c) => {
    const { id, name, scopes, expiresAtMs } = c.get('caller');
    return c.json({ id, name, scopes: [...scopes], ...withoutNull({ expiresAt: shownTime(expiresAtMs) }) }, 200);
  },
);

tokenRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/api-tokens/{id}',
    operationId: 'revokeApiToken',
    summary: 'Revoke an API token; can be repeated',
    request: { params: tokenParams },
    responses: {
      204: { description: 'Revoked; refused everywhere within 10 seconds' },
      ...problemResponses('api_token_not_found'),
    },
  }),
  async (c) => {
    await revokeToken(c.env.CATALOG, c.req.valid('param').id, Date.now());
    return c.body(null, 204);
  },
);

tokenRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/audit',
    operationId: 'listChanges',
    summary: 'List changes made through the API in the last 90 days, newest first',
    request: { query: auditQuerySchema },
    responses: {
      200: jsonResponse('A page', z.object({ changes: z.array(changeSchema), nextCursor: z.string().nullable() })),
    },
  }),
  async (c) => {
    const { cursor, limit, ...filter } = c.req.valid('query');
    const { next, after } = openPage('audit', filter, { cursor, limit });
    // Entries are numbered in their order, which times alone do not give.
    const before = Number(after?.id ?? Number.MAX_SAFE_INTEGER);
    const rows = await listChanges(c.env.CATALOG, filter, { before, limit });
    const marks = rows.map(({ created_at, id }) => ({ created_at, id: String(id) }));
    return c.json({ changes: rows.map(changeView), nextCursor: next(marks) }, 200);
  },
);
