/** An upload as the API and events show it. Never its URL, which opens it. Pure. */

import { z } from '@hono/zod-openapi';
import type { ShownColumn } from '../../catalog/upload-events.ts';
import { UPLOAD_KINDS, UPLOAD_STATES, type UploadRow } from '../../catalog/uploads.ts';
import { assetIdSchema } from '../../media/ids.ts';
import { parseLook } from '../../protocol/source-look.ts';
import { errorOf, iso } from './present.ts';
import { errorSchema, lookSchema } from './schemas.ts';

/** What events keep of a row. */
export type UploadFactsRow = Pick<UploadRow, ShownColumn>;

export const uploadSchema = z
  .object({
    id: z.string().openapi({ description: 'Names the upload, also as `{upload}`. It does not open it: its URL does' }),
    kind: z.enum(UPLOAD_KINDS).openapi({
      description: '`part`: to be concatenated; `whole`: of parts; `direct`: to the bucket, by presigned URLs',
    }),
    state: z.enum(UPLOAD_STATES),
    fileName: z.string(),
    contentType: z.string().nullable(),
    lengthBytes: z.int().nullable().openapi({ description: 'Null until it is known' }),
    asset: assetIdSchema.nullable().openapi({ description: 'The asset that the finished upload has become' }),
    creatorId: z.string().nullable(),
    look: lookSchema,
    error: errorSchema.nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable().openapi({ description: 'When it is given up; null once it has ended' }),
    finishedAt: z.iso.datetime().nullable(),
  })
  .openapi('Upload');

export const uploadView = (row: UploadFactsRow): z.infer<typeof uploadSchema> => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  fileName: row.file_name,
  contentType: row.content_type,
  lengthBytes: row.length,
  // A row has the id of its asset before there is one.
  asset: row.state === 'finished' ? row.asset_id : null,
  creatorId: row.creator_id,
  // Events of releases before have none.
  look: parseLook(row.look ?? null),
  error: errorOf(row),
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
  expiresAt: row.state === 'open' ? iso(row.expires_at) : null,
  finishedAt: row.finished_at === null ? null : iso(row.finished_at),
});
