/** `POST /v1/assets/{id}/links` signs links for apps that hold no key; `POST /v1/links/explain` tells what a link would get. */

import { z } from '@hono/zod-openapi';
import { concurrencyLimitsSchema, LIMITS_NEED_VIEWER, limitsHaveViewer } from '../../access/concurrency/limits.ts';
import { parseIpAddress } from '../../access/ip-address.ts';
import { signLink } from '../../access/link-signing.ts';
import { LINK_AUDIENCES, linkClaimsSchema } from '../../access/links.ts';
import { publicOrigin } from '../../access/public-origin.ts';
import { claimOf } from '../../access/refusal.ts';
import { rulesSchema } from '../../access/rules.ts';
import { findAsset } from '../../catalog/assets.ts';
import { configOf } from '../../config.ts';
import { decideImages, decidePlayback } from '../../delivery/decide-playback.ts';
import type { DeliveryEnv } from '../../delivery/delivery-env.ts';
import { isolateOf } from '../../delivery/isolate.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { isoTime, timeSchema } from '../../http/times.ts';
import { opaqueIdSchema } from '../../media/ids.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { randomId } from '../../platform/random-id.ts';
import { assetParams } from '../resources/schemas.ts';
import { MAX_LINK_SECONDS } from './revocation-store.ts';

/** Refused for images, where none has an effect: a caller who sets one expects it to narrow or widen the link. */
const isOfPlayback = ({ audience, maxHeight, downloads, limits }: Record<string, unknown>) =>
  audience === 'video' || (maxHeight === undefined && downloads === undefined && limits === undefined);

const createLinkSchema = z
  .strictObject({
    expiresIn: z.int().min(1).max(MAX_LINK_SECONDS).openapi({ description: 'Seconds' }),
    audience: z.enum(LINK_AUDIENCES).default('video').openapi({
      description: 'Playback or the images of the asset; `maxHeight`, `downloads` and `limits` apply to playback only',
    }),
    viewer: opaqueIdSchema.optional(),
    rules: rulesSchema.optional(),
    maxHeight: z.int().min(1).max(8192).optional(),
    downloads: z.boolean().optional().openapi({ description: 'Whole files may be fetched too' }),
    limits: concurrencyLimitsSchema.optional().openapi({ description: 'Only together with `viewer`' }),
  })
  .refine(limitsHaveViewer, LIMITS_NEED_VIEWER)
  .refine(isOfPlayback, { path: ['audience'], message: 'image takes neither maxHeight nor downloads nor limits' })
  .openapi('CreateLink');

const signedSchema = z.object({
  token: z.string(),
  jti: z.string().openapi({ description: 'ID by which the link can be revoked' }),
  expiresAt: z.iso.datetime(),
});

const linkSchema = signedSchema.extend({ hls: z.url(), dash: z.url(), watch: z.url() }).openapi('Link');

const imageLinkSchema = signedSchema
  .extend({ images: z.url().openapi({ description: 'Ends in a slash; append the name of the image' }) })
  .openapi('ImageLink');

const explainSchema = z
  .strictObject({
    link: z.string().openapi({ description: 'A link token, or the id of a public asset' }),
    audience: z.enum(LINK_AUDIENCES).default('video').openapi({ description: 'What the request asks for' }),
    at: timeSchema.optional().openapi({ description: 'Time to check the link at; now by default' }),
    ip: z
      .string()
      .refine((text) => parseIpAddress(text) !== null, 'is not an address')
      .optional(),
    country: z
      .string()
      .regex(/^[A-Z][A-Z0-9]$/)
      .optional(),
    origin: z.string().min(1).max(256).optional(),
    userAgent: z.string().min(1).max(2048).optional(),
  })
  .openapi('ExplainLink');

const explanationSchema = z
  .object({
    allowed: z.boolean(),
    code: z.string().optional(),
    claim: z.string().optional().openapi({ description: 'What decided: a claim or the kind of revocation' }),
    detail: z.string().optional(),
    asset: z.string().nullable(),
    claims: linkClaimsSchema
      .extend({ kid: z.string() })
      .nullable()
      .openapi({ description: 'Null until the signature is verified; never the token' }),
    rules: z
      .array(z.object({ rule: z.string(), passed: z.boolean(), why: z.string() }))
      .openapi({ description: 'In the order in which they are checked, up to the one that refuses' }),
  })
  .openapi('LinkExplanation');

export const linkRoutes = newRouter<Bindings & DeliveryEnv>();

linkRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/assets/{id}/links',
    operationId: 'createLink',
    summary: 'Sign a link',
    request: { params: assetParams, body: jsonBody(createLinkSchema) },
    responses: {
      201: jsonResponse(
        'The link, as token and as absolute URLs: a Link, or an ImageLink for the audience `image`',
        z.union([linkSchema, imageLinkSchema]),
      ),
      ...problemResponses('asset_not_found', 'misconfigured'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { expiresIn, ...claims } = c.req.valid('json');
    if ((await findAsset(c.env.CATALOG, id)) === null) {
      throw new AppError('asset_not_found');
    }
    const config = configOf(c.env);
    const origin = publicOrigin(config, c.req.url);
    const now = new Date();
    const jti = randomId(16);
    const token = await signLink(config, { ...claims, assetId: id, expiresInSeconds: expiresIn, jti, now });
    const base = `${origin}/v/${token}`;
    const urls =
      claims.audience === 'image'
        ? { images: `${base}/images/` }
        : { hls: `${base}/main.m3u8`, dash: `${base}/manifest.mpd`, watch: `${origin}/watch/${token}` };
    return c.json({ token, jti, ...urls, expiresAt: isoTime(now.getTime() + expiresIn * 1000) }, 201);
  },
);

linkRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/links/explain',
    operationId: 'explainLink',
    summary: 'Explain whether a request with this link would be allowed, and which rule decides',
    request: { body: jsonBody(explainSchema) },
    responses: {
      200: jsonResponse('The decision; an invalid link is a decision too', explanationSchema),
      ...problemResponses('unavailable'),
    },
  }),
  async (c) => {
    const { link, audience, at, ip = null, country = null, origin = null, userAgent = null } = c.req.valid('json');
    // The same functions decide about players' requests.
    const decide = audience === 'image' ? decideImages : decidePlayback;
    const { checks, assetId, claims, refusal } = await decide(isolateOf(c.env), {
      link,
      facts: { ip, country, origin, userAgent },
      nowMs: Date.now(),
      atMs: at,
    });
    return c.json(
      {
        allowed: refusal === null,
        ...(refusal === null
          ? {}
          : { code: refusal.code, claim: claimOf(refusal), detail: refusal.options.detail ?? refusal.message }),
        asset: assetId ?? null,
        claims: claims ?? null,
        rules: checks,
      },
      200,
    );
  },
);
