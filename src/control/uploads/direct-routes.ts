/** `/v1/uploads/direct`: files that backends send to the bucket themselves. */
import { z } from '@hono/zod-openapi';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { isoTime } from '../../http/times.ts';
import { uploadIdSchema } from '../../media/ids.ts';
import { PART_BYTES, PARTS_MAX } from '../../platform/multipart.ts';
import type { SettleEnv } from '../encoding/workflow/settle-jobs.ts';
import { creatorIdSchema } from '../resources/asset-details.ts';
import { assetInputSchema } from '../resources/schemas.ts';
import { uploadSchema, uploadView } from '../resources/upload-view.ts';
import { PART_URL_SECONDS, partUrls, s3AccessOf } from './direct-part-urls.ts';
import { completeDirect, createDirect, keepDirect, partCountOf } from './direct-upload.ts';

/** URLs that one call gives. A part has 16 MiB: these are for 1.6 GB. */
const URLS_MAX = 100;

const createSchema = z
  .strictObject({
    filename: z.string().min(1).max(500),
    length: z.int().min(1).optional().openapi({ description: 'Bytes; where it is given, another length is refused' }),
    contentType: z.string().max(200).optional(),
    asset: assetInputSchema.optional().openapi({ description: 'The asset that the finished upload becomes' }),
    creatorId: creatorIdSchema.optional(),
  })
  .openapi('CreateDirectUpload');

const createdSchema = z
  .object({
    id: z.string(),
    partBytes: z.int().openapi({ description: 'Of every part but the last' }),
    partCount: z.int().nullable().openapi({ description: 'Null where no `length` was given' }),
    expiresAt: z.iso
      .datetime()
      .openapi({ description: 'Later with each call for URLs, up to six days after creation' }),
  })
  .openapi('DirectUpload');

const numberSchema = z.int().min(1).max(PARTS_MAX);
const partUrlsSchema = z
  .object({
    parts: z.array(z.object({ number: numberSchema, url: z.url() })),
    expiresAt: z.iso.datetime().openapi({ description: 'A PUT has to begin before this' }),
  })
  .openapi('PartUrls');

const completeSchema = z
  .strictObject({
    parts: z
      .array(
        z.strictObject({
          number: numberSchema,
          etag: z.string().min(1).max(200).openapi({ description: 'The header `ETag` of the answer to its PUT' }),
        }),
      )
      .min(1)
      .max(PARTS_MAX),
  })
  .openapi('CompleteDirectUpload');

const params = z.object({ id: uploadIdSchema });
const FIND_ERRORS = ['upload_not_found', 'upload_gone', 'upload_closed'] as const;

export const directRoutes = newRouter<SettleEnv>();

directRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/uploads/direct',
    operationId: 'createDirectUpload',
    summary: 'Begin an upload straight to the bucket',
    request: { body: jsonBody(createSchema) },
    responses: {
      201: jsonResponse('Begun; ask for the URLs of its parts', createdSchema),
      ...problemResponses('direct_unavailable', 'upload_too_large', 'unavailable'),
    },
  }),
  async (c) => {
    // Before anything is begun that could not go on.
    s3AccessOf(c.env);
    const wish = c.req.valid('json');
    // The asset as it was sent: the schema has put defaults in.
    const { asset } = await c.req.json<{ asset?: unknown }>();
    const upload = await createDirect(c.env, { ...wish, asset }, Date.now());
    const answer = { id: upload.id, partBytes: PART_BYTES, partCount: partCountOf(upload) };
    return c.json({ ...answer, expiresAt: isoTime(upload.expires_at) }, 201);
  },
);

directRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/uploads/direct/{id}/parts',
    operationId: 'signPartUrls',
    summary: 'Get URLs to PUT parts to; can be repeated',
    request: {
      params,
      body: jsonBody(z.strictObject({ numbers: z.array(numberSchema).min(1).max(URLS_MAX) }).openapi('SignPartUrls')),
    },
    responses: {
      200: jsonResponse('Each URL stores one part and does nothing else', partUrlsSchema),
      ...problemResponses('direct_unavailable', ...FIND_ERRORS, 'unavailable'),
    },
  }),
  async (c) => {
    const access = s3AccessOf(c.env);
    const { numbers } = c.req.valid('json');
    const nowMs = Date.now();
    const { key, multipart_id: multipartId } = await keepDirect(c.env, c.req.valid('param').id, numbers, nowMs);
    const parts = await partUrls(access, { key, multipartId }, numbers);
    return c.json({ parts, expiresAt: isoTime(nowMs + PART_URL_SECONDS * 1000) }, 200);
  },
);

directRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/uploads/direct/{id}/complete',
    operationId: 'completeDirectUpload',
    summary: 'Make the file of its parts, and the asset if one was described; can be repeated',
    request: { params, body: jsonBody(completeSchema) },
    responses: {
      200: jsonResponse('The upload, which is finished', uploadSchema),
      ...problemResponses(
        ...FIND_ERRORS,
        'upload_parts_refused',
        'upload_length_mismatch',
        'upload_too_large',
        'unavailable',
      ),
    },
  }),
  async (c) => {
    const upload = await completeDirect(c.env, c.req.valid('param').id, c.req.valid('json').parts);
    return c.json(uploadView(upload), 200);
  },
);
