/** `POST /v1/assets/{id}/links`: signs a link, to a playback or to images, for apps that would rather ask than hold a key. */

import { createRoute, z } from '@hono/zod-openapi';
import { concurrencyLimitsSchema, LIMITS_NEED_VIEWER, limitsHaveViewer } from '../../access/concurrency/limits.ts';
import { signLink } from '../../access/link-signing.ts';
import { LINK_AUDIENCES } from '../../access/links.ts';
import { rulesSchema } from '../../access/rules.ts';
import { findAsset } from '../../catalog/assets.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { opaqueIdSchema } from '../../media/ids.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { randomId } from '../../platform/random-id.ts';
import { assetParams } from '../resources/schemas.ts';
import { publicOrigin } from './public-origin.ts';
import { MAX_LINK_SECONDS } from './revocation-store.ts';

/** Somebody who gives one believes that it narrows the link; over images neither decides anything. */
const isOfPlayback = ({ audience, maxHeight, limits }: { audience: string; maxHeight?: unknown; limits?: unknown }) =>
  audience === 'video' || (maxHeight === undefined && limits === undefined);

const createLinkSchema = z
  .strictObject({
    expiresIn: z.int().min(1).max(MAX_LINK_SECONDS).openapi({ description: 'Seconds' }),
    audience: z.enum(LINK_AUDIENCES).default('video').openapi({
      description: 'Playback or the images of the asset; `maxHeight` and `limits` apply to playback only',
    }),
    viewer: opaqueIdSchema.optional(),
    rules: rulesSchema.optional(),
    maxHeight: z.int().min(1).max(8192).optional(),
    limits: concurrencyLimitsSchema.optional().openapi({ description: 'Only together with `viewer`' }),
  })
  .refine(limitsHaveViewer, LIMITS_NEED_VIEWER)
  .refine(isOfPlayback, { path: ['audience'], message: 'image takes neither maxHeight nor limits' })
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

export const linkRoutes = newRouter<Bindings>();

linkRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/assets/{id}/links',
    operationId: 'createLink',
    summary: 'Sign a link',
    security: [{ apiToken: [] }],
    request: { params: assetParams, body: jsonBody(createLinkSchema) },
    responses: {
      201: jsonResponse(
        'The link, as token and as absolute URLs: a Link, or an ImageLink for the audience `image`',
        z.union([linkSchema, imageLinkSchema]),
      ),
      ...problemResponses('invalid_request', 'unauthorized', 'asset_not_found', 'misconfigured'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { expiresIn, audience, viewer, rules, maxHeight, limits } = c.req.valid('json');
    if ((await findAsset(c.env.CATALOG, id)) === null) {
      throw new AppError('asset_not_found');
    }
    const config = configOf(c.env);
    const origin = publicOrigin(config, c.req.url);
    const now = new Date();
    const jti = randomId(16);
    const token = await signLink(config, {
      assetId: id,
      expiresInSeconds: expiresIn,
      audience,
      viewer,
      rules,
      maxHeight,
      limits,
      jti,
      now,
    });
    const expiresAt = new Date(now.getTime() + expiresIn * 1000).toISOString();
    if (audience === 'image') {
      return c.json({ token, jti, images: `${origin}/v/${token}/images/`, expiresAt }, 201);
    }
    return c.json(
      {
        token,
        jti,
        hls: `${origin}/v/${token}/main.m3u8`,
        dash: `${origin}/v/${token}/manifest.mpd`,
        watch: `${origin}/watch/${token}`,
        expiresAt,
      },
      201,
    );
  },
);
