/** `/v1/uploads`: the list, one upload, and links for other people's browsers. */
import { z } from '@hono/zod-openapi';
import { publicOrigin } from '../../access/public-origin.ts';
import { openPage } from '../../catalog/cursor.ts';
import { insertUploadLink } from '../../catalog/upload-links.ts';
import { findUpload, listUploads, type UploadRow } from '../../catalog/uploads.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { isoTime } from '../../http/times.ts';
import { newUploadId, uploadCapability } from '../../media/ids.ts';
import { sha256Hex } from '../../platform/encodings.ts';
import { estimateEncode } from '../../protocol/encode-estimate.ts';
import { uploadSchema, uploadView } from '../resources/upload-view.ts';
import { factsOf, sessionOf, throwUnavailable, type UploadEnv } from './append.ts';
import { removeUpload } from './discard-upload.ts';
import { assetJson } from './new-upload.ts';
import { createUploadLinkSchema, uploadDetailSchema, uploadLinkSchema, uploadParams, uploadsQuery } from './schemas.ts';
import { UPLOAD_BYTES_MAX } from './session/limits.ts';

async function findUploadOrThrow({ CATALOG }: UploadEnv, id: string): Promise<UploadRow> {
  const upload = await findUpload(CATALOG, id);
  if (upload === null) {
    throw new AppError('upload_not_found');
  }
  return upload;
}

/** Of an open upload its object knows; asking leaves a writer alone. */
async function receivedBytes(env: UploadEnv, upload: UploadRow): Promise<number> {
  if (upload.state !== 'open' || upload.kind === 'direct') {
    return upload.state === 'finished' || upload.state === 'failed' ? (upload.length ?? 0) : 0;
  }
  return (await sessionOf(env, upload.id).progress(factsOf(upload)).catch(throwUnavailable)).offset;
}

export const uploadRoutes = newRouter<UploadEnv>();

uploadRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/uploads',
    operationId: 'listUploads',
    summary: 'List uploads, newest first; those that are no source are kept for 30 days',
    request: { query: uploadsQuery },
    responses: {
      200: jsonResponse('A page', z.object({ uploads: z.array(uploadSchema), nextCursor: z.string().nullable() })),
    },
  }),
  async (c) => {
    const { cursor, limit, state } = c.req.valid('query');
    const { next, ...page } = openPage('uploads', { state }, { cursor, limit });
    const rows = await listUploads(c.env.CATALOG, { ...page, state });
    return c.json({ uploads: rows.map(uploadView), nextCursor: next(rows) }, 200);
  },
);

uploadRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/uploads/{id}',
    operationId: 'getUpload',
    summary: 'Read an upload',
    request: { params: uploadParams },
    responses: {
      200: jsonResponse('The upload', uploadDetailSchema),
      ...problemResponses('upload_not_found', 'unavailable'),
    },
  }),
  async (c) => {
    const upload = await findUploadOrThrow(c.env, c.req.valid('param').id);
    const view = uploadView(upload);
    const encodeEstimate = estimateEncode(view.look, configOf(c.env).X264_PRESET);
    return c.json({ ...view, encodeEstimate, receivedBytes: await receivedBytes(c.env, upload) }, 200);
  },
);

uploadRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/uploads/{id}',
    operationId: 'deleteUpload',
    summary: 'Give up an upload that is not finished; its own URL needs no token for that',
    request: { params: uploadParams },
    responses: {
      204: { description: 'Its bytes are gone' },
      ...problemResponses(
        ...(['upload_not_found', 'upload_closed', 'unavailable'] as const),
        // By its own URL, which speaks the protocols of uploads.
        ...(['upload_version_unsupported', 'upload_gone', 'rule_origin'] as const),
      ),
    },
  }),
  async (c) => {
    const upload = await findUploadOrThrow(c.env, c.req.valid('param').id);
    if (upload.state !== 'expired' && upload.state !== 'deleted') {
      await removeUpload(c.env, upload);
    }
    return c.body(null, 204);
  },
);

uploadRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/uploads/links',
    operationId: 'createUploadLink',
    summary: "Create a URL that makes one upload, for another person's browser",
    request: { body: jsonBody(createUploadLinkSchema) },
    responses: { 201: jsonResponse('The link; it reserves nothing', uploadLinkSchema) },
  }),
  async (c) => {
    const { expiresIn, maxBytes = UPLOAD_BYTES_MAX, maxSeconds, origins, creatorId } = c.req.valid('json');
    // As it was sent: what the schema makes of it need not be what it takes.
    const { asset }: { asset?: unknown } = await c.req.json();
    const origin = publicOrigin(configOf(c.env), c.req.url);
    const nowMs = Date.now();
    const id = newUploadId();
    const token = uploadCapability(id);
    const link = {
      id,
      token_hash: await sha256Hex(token),
      max_bytes: maxBytes,
      max_seconds: maxSeconds ?? null,
      asset: assetJson(asset),
      creator_id: creatorId ?? null,
      origins: origins === undefined ? null : JSON.stringify(origins),
      created_at: nowMs,
      expires_at: nowMs + expiresIn * 1000,
    };
    await insertUploadLink(c.env.CATALOG, link);
    const url = `${origin}/v1/uploads?link=${token}`;
    return c.json({ id, url, expiresAt: isoTime(link.expires_at) }, 201);
  },
);
