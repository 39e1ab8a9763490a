/** What the OpenAPI document says of the upload protocols. They are plain routes (transfer-routes.ts), which the document cannot check. */
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { ErrorCode } from '../../errors.ts';
import { problemResponses } from '../../http/router.ts';
import { scopesOf } from '../../http/scopes.ts';
import { uploadIdSchema } from '../../media/ids.ts';

const text = (description: string) => z.string().optional().openapi({ description });

/** tus 1.0.0, or the IETF draft: one of the two. */
const versions = {
  'tus-resumable': text('`1.0.0`'),
  'upload-draft-interop-version': text('`5` or `6`, instead of `Tus-Resumable`'),
};
const ofBody = {
  'upload-complete': text('IETF: `?1` if the file ends with this body, else `?0`'),
  'upload-checksum': text('tus: `sha1`, `sha256` or `crc32`, a blank, and the digest of the body in base64'),
};
/** Here it is the last step of the upload's URL, which is the credential. */
const params = z.object({ id: uploadIdSchema });
const body = {
  content: { '*/*': { schema: z.string().openapi({ format: 'binary', description: 'At most 100 MB' }) } },
};

const LOOK_HEADERS = z.object({
  'sluice-look': text(
    'Once the index of the file has arrived: `standard` (it plays as soon as it is uploaded), or why not, a code as in `look`',
  ),
});

const ALWAYS: readonly ErrorCode[] = ['upload_version_unsupported', 'rule_origin', 'unavailable'];
const OF_BODY: readonly ErrorCode[] = [
  ...(['unsupported_media_type', 'upload_offset_mismatch', 'upload_length_mismatch', 'upload_too_large'] as const),
  ...(['upload_checksum_mismatch', 'upload_busy', 'upload_closed'] as const),
];
/** With X-HTTP-Method-Override: DELETE, by ID and without a token or by the URL of a finished upload. */
const OF_OVERRIDE: readonly ErrorCode[] = ['unauthorized', 'upload_closed'];
const GONE: readonly ErrorCode[] = ['upload_not_found', 'upload_gone'];

export function documentTransfers({ openAPIRegistry }: Pick<OpenAPIHono, 'openAPIRegistry'>): void {
  openAPIRegistry.registerPath({
    method: 'post',
    path: '/uploads',
    operationId: 'createUpload',
    summary: 'Create an upload, by tus 1.0.0 or the IETF draft; `link` replaces the token',
    security: [{ apiToken: [...scopesOf('post', '/uploads')] }, {}],
    request: {
      query: z.object({ link: text('Of `POST /uploads/links`') }),
      headers: z.object({
        ...versions,
        'upload-length': text('Bytes of the file'),
        'upload-defer-length': text('tus: `1` where the length is not known yet'),
        'upload-metadata': text(
          'Keys and values in base64: `filename`, `filetype`, `asset` (AssetInput as JSON), `creatorId`',
        ),
        'upload-concat': text('tus: `partial`, or `final;` and the URLs of the parts'),
        ...ofBody,
      }),
      body,
    },
    responses: {
      201: {
        description: 'Created; bytes go to `Location`',
        headers: LOOK_HEADERS.extend({
          location: z.string(),
          'upload-offset': z.string().optional(),
          'upload-expires': z.string().optional(),
        }),
      },
      ...problemResponses(
        ...ALWAYS,
        ...OF_BODY,
        ...(['method_not_allowed', 'upload_not_found', 'upload_unfinished', 'upload_gone'] as const),
        ...(['upload_link_unknown', 'upload_link_expired', 'upload_link_used'] as const),
      ),
    },
  });
  openAPIRegistry.registerPath({
    method: 'head',
    path: '/uploads/{id}',
    operationId: 'getUploadOffset',
    summary: 'Ask where an upload stands; ends a request that is still writing',
    security: [],
    request: { params, headers: z.object(versions) },
    responses: {
      200: {
        description: 'tus: `Upload-Offset`, and `Sluice-Asset` once it has become an asset',
        headers: LOOK_HEADERS,
      },
      204: { description: 'IETF: `Upload-Offset`, `Upload-Complete`, `Upload-Limit`', headers: LOOK_HEADERS },
      // Also where other calls are `unavailable`: clients go on only after this one.
      ...problemResponses('upload_version_unsupported', 'rule_origin', ...GONE, 'upload_busy', ...OF_OVERRIDE),
    },
  });
  openAPIRegistry.registerPath({
    method: 'patch',
    path: '/uploads/{id}',
    operationId: 'appendToUpload',
    summary: 'Append bytes to an upload',
    security: [],
    request: {
      params,
      headers: z.object({
        ...versions,
        'upload-offset': text('Where the body begins'),
        'upload-length': text('Once it is known'),
        ...ofBody,
      }),
      body,
    },
    responses: {
      204: { description: 'Stored up to `Upload-Offset`', headers: LOOK_HEADERS },
      ...problemResponses(...ALWAYS, ...GONE, ...OF_BODY, ...OF_OVERRIDE),
    },
  });
}
