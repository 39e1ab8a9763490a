/** `/v1/signing-keys`: the keys that apps sign playback links with. Only public keys are stored. */

import { z } from '@hono/zod-openapi';
import {
  generateSigningKey,
  isOwnKid,
  kidSchema,
  LINK_ALGORITHMS,
  parsePublicJwk,
  signingKeySchema,
} from '../../access/signing-keys.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { randomId } from '../../platform/random-id.ts';
import { addSigningKey, discardSigningKey, listSigningKeys, removeSigningKey } from './signing-key-store.ts';

const jwkSchema = z.record(z.string(), z.unknown());

/** Sluice makes the pair and shows the private key once, or the app has made it and registers the public key. */
const createSigningKeySchema = z
  .union([
    z.strictObject({ publicJwk: jwkSchema, kid: kidSchema.optional() }),
    z.strictObject({ alg: z.enum(LINK_ALGORITHMS).default('ES256') }),
  ])
  .openapi('CreateSigningKey');

const createdSchema = signingKeySchema
  .extend({ privateJwk: jwkSchema.optional().openapi({ description: 'Returned only here and not stored' }) })
  .openapi('CreatedSigningKey');

export const signingKeyRoutes = newRouter<Bindings>();

signingKeyRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/signing-keys',
    operationId: 'listSigningKeys',
    summary: 'List signing keys',
    responses: { 200: jsonResponse('The public keys', z.object({ keys: z.array(signingKeySchema) })) },
  }),
  async (c) => c.json({ keys: await listSigningKeys(c.env.CATALOG) }, 200),
);

signingKeyRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/signing-keys',
    operationId: 'createSigningKey',
    summary: 'Create a key pair or register a public key; can be repeated',
    request: { body: jsonBody(createSigningKeySchema) },
    responses: {
      201: jsonResponse('The key; links signed with it play within seconds', createdSchema),
      ...problemResponses('signing_key_exists', 'signing_key_invalid', 'unavailable'),
    },
  }),
  async (c) => {
    const body = c.req.valid('json');
    const now = new Date();
    if ('publicJwk' in body) {
      const kid = body.kid ?? randomId(16);
      if (isOwnKid(configOf(c.env), kid)) {
        throw new AppError('signing_key_exists');
      }
      const key = { ...(await parsePublicJwk(body.publicJwk)), kid, createdAt: now.toISOString() };
      return c.json(await addSigningKey(c.env.CATALOG, c.env.MEDIA, key), 201);
    }
    const { key, privateJwk } = await generateSigningKey(body.alg, now);
    await addSigningKey(c.env.CATALOG, c.env.MEDIA, key).catch(async (error: unknown) => {
      // Its private key was never shown. A repeated call makes another.
      await discardSigningKey(c.env.CATALOG, key.kid);
      throw error;
    });
    return c.json({ ...key, privateJwk }, 201, { 'cache-control': 'no-store' });
  },
);

signingKeyRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/signing-keys/{kid}',
    operationId: 'deleteSigningKey',
    summary: 'Delete a key; its links, and sessions started with them, stop playing within seconds',
    request: { params: z.object({ kid: kidSchema }) },
    responses: { 204: { description: 'Deleted' }, ...problemResponses('signing_key_not_found', 'unavailable') },
  }),
  async (c) => {
    await removeSigningKey(c.env.CATALOG, c.env.MEDIA, c.req.valid('param').kid, Date.now());
    return c.body(null, 204);
  },
);
