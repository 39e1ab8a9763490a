/** Schemas of the calls that are JSON. */
import { z } from '@hono/zod-openapi';
import { UPLOAD_STATES } from '../../catalog/uploads.ts';
import { uploadIdSchema } from '../../media/ids.ts';
import { MAX_DURATION_SECONDS } from '../../media/limits.ts';
import { creatorIdSchema } from '../resources/asset-details.ts';
import { assetInputSchema, estimateSchema, pageQuerySchema } from '../resources/schemas.ts';
import { uploadSchema } from '../resources/upload-view.ts';
import { MAX_LINK_SECONDS } from './limits.ts';
import { UPLOAD_BYTES_MAX } from './session/limits.ts';

export const uploadParams = z.object({ id: uploadIdSchema });
export const uploadsQuery = pageQuerySchema.extend({ state: z.enum(UPLOAD_STATES).optional() });

export const uploadDetailSchema = uploadSchema
  .extend({
    receivedBytes: z.int().openapi({ description: 'What is stored of it' }),
    encodeEstimate: estimateSchema,
  })
  .openapi('UploadDetail');

/** As browsers send it in the header Origin. */
const originSchema = z
  .url({ protocol: /^https?$/ })
  .max(256)
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'must be an origin, such as https://app.example',
  );

export const createUploadLinkSchema = z
  .strictObject({
    expiresIn: z
      .int()
      .min(60)
      .max(MAX_LINK_SECONDS)
      .openapi({ description: 'Seconds in which the upload must be begun' }),
    maxBytes: z.int().min(1).max(UPLOAD_BYTES_MAX).optional(),
    maxSeconds: z.number().positive().max(MAX_DURATION_SECONDS).optional().openapi({
      description: 'The job of a longer film fails',
    }),
    asset: assetInputSchema.optional().openapi({
      description: 'What the upload becomes. Left out: it waits until a call names it as `{upload}`',
    }),
    origins: z.array(originSchema).min(1).max(20).optional().openapi({
      description: 'Sites whose pages may use the link and the upload. Left out: all',
    }),
    creatorId: creatorIdSchema.optional(),
  })
  .openapi('CreateUploadLink');

export const uploadLinkSchema = z
  .object({
    id: z.string().openapi({ description: 'Of the upload that the link will make' }),
    url: z.string().openapi({ description: 'The endpoint for a tus client, for one upload. Returned only here' }),
    expiresAt: z.iso.datetime(),
  })
  .openapi('UploadLink');
