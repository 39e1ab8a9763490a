/** `POST /v1/assets/{id}/links`: signs a playback link for apps that would rather ask than hold a key. */
import { createRoute, z } from '@hono/zod-openapi';
import { findAsset } from '../catalog/assets.ts';
import { assetParams } from '../catalog/schemas.ts';
import { configOf } from '../config.ts';
import type { Env } from '../env.ts';
import { AppError } from '../errors.ts';
import { jsonBody, jsonResponse, newRouter, problemResponses } from '../http/router.ts';
import { signLink } from '../playback/link-signing.ts';
import { rulesSchema } from '../playback/rules.ts';
import { MAX_LINK_SECONDS } from './revocations.ts';

const createLinkSchema = z
  .strictObject({
    expiresIn: z.int().min(1).max(MAX_LINK_SECONDS).openapi({ description: 'Seconds' }),
    viewer: z.string().min(1).max(128).optional(),
    rules: rulesSchema.optional(),
    maxHeight: z.int().min(1).max(8192).optional(),
  })
  .openapi('CreateLink');

const linkSchema = z
  .object({ token: z.string(), hls: z.url(), dash: z.url(), watch: z.url(), expiresAt: z.iso.datetime() })
  .openapi('Link');

export const linkRoutes = newRouter<Env>();

linkRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/assets/{id}/links',
    summary: 'Sign a playback link',
    security: [{ apiToken: [] }],
    request: { params: assetParams, body: jsonBody(createLinkSchema) },
    responses: {
      201: jsonResponse('The link, as token and as absolute URLs', linkSchema),
      ...problemResponses('invalid_request', 'unauthorized', 'asset_not_found'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { expiresIn, viewer, rules, maxHeight } = c.req.valid('json');
    if ((await findAsset(c.env.CATALOG, id)) === null) {
      throw new AppError('asset_not_found');
    }
    const now = new Date();
    const token = await signLink(configOf(c.env), {
      assetId: id,
      expiresInSeconds: expiresIn,
      viewer,
      rules,
      maxHeight,
      now,
    });
    const { origin } = new URL(c.req.url);
    return c.json(
      {
        token,
        hls: `${origin}/v/${token}/main.m3u8`,
        dash: `${origin}/v/${token}/manifest.mpd`,
        watch: `${origin}/watch/${token}`,
        expiresAt: new Date(now.getTime() + expiresIn * 1000).toISOString(),
      },
      201,
    );
  },
);
