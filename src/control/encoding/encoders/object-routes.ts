/**
 * The bucket for encoders: they read the source of a task that they hold, and write new objects of its tracks. Encoders have
 * no credentials of the bucket. A grant (grants.ts) says what a task may touch; keys and media types are made here.
 */

import { createRoute, z } from '@hono/zod-openapi';
import { configOf } from '../../../config.ts';
import { AppError, type ErrorCode } from '../../../errors.ts';
import { requireBearer } from '../../../http/bearer.ts';
import { newRouter, problemResponses } from '../../../http/router.ts';
import { taskIdSchema } from '../../../media/ids.ts';
import { bucketErrorOf, isConnectionLost } from '../../../platform/binding-errors.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { fromBase64, toHex } from '../../../platform/encodings.ts';
import { GRANT_HEADER } from '../../../protocol/tasks.ts';
import { readGrant, type WritableObject, writableObject } from './grants.ts';

const security = [{ encoderToken: [] }];
const grantHeader = z.object({ [GRANT_HEADER]: z.string().optional() });

const sourceRoute = createRoute({
  method: 'get',
  path: '/tasks/{id}/source',
  operationId: 'readSource',
  summary: "Read a range of the task's source; HEAD returns its size",
  security,
  request: {
    params: z.object({ id: taskIdSchema }),
    headers: grantHeader.extend({ range: z.string().optional().openapi({ example: 'bytes=0-1048575' }) }),
  },
  responses: {
    200: { description: 'HEAD: `Content-Length` is the size' },
    206: { description: 'The bytes', content: { 'application/octet-stream': { schema: z.string() } } },
    ...problemResponses('grant_invalid', 'not_found', 'range_not_satisfiable', 'unavailable'),
  },
});

const objectRoute = createRoute({
  method: 'put',
  path: '/tasks/{id}/objects/{track}/{name}',
  operationId: 'writeObject',
  summary:
    'Write an object of the task: `init.mp4`, `{number}.m4s`, `{number}.headers` or `cues` of a track. Writing the same bytes again is no error',
  security,
  request: {
    params: z.object({ id: taskIdSchema, track: z.string().max(32), name: z.string().max(32) }),
    headers: grantHeader.extend({
      'content-md5': z.string().optional(),
      'content-length': z.string().optional(),
    }),
    body: { required: true, content: { 'application/octet-stream': { schema: z.string() } } },
  },
  responses: {
    204: { description: 'Stored with these bytes' },
    ...problemResponses('grant_invalid', 'not_granted', 'object_differs', 'unavailable'),
  },
});

const BUCKET_ERRORS: Readonly<Record<number, ErrorCode>> = {
  10037: 'invalid_request', // Content-MD5 is not that of the body
  10039: 'range_not_satisfiable',
};

async function ask<T>(bucket: Promise<T>): Promise<T> {
  try {
    return await bucket;
  } catch (cause) {
    if (isConnectionLost(cause)) {
      throw new AppError('request_aborted', { cause });
    }
    throw new AppError(BUCKET_ERRORS[bucketErrorOf(cause) ?? 0] ?? 'unavailable', { cause });
  }
}

/** Content-MD5 (RFC 1864) as hexadecimal digits; null where it is invalid. */
function md5Of(header: string | undefined): string | null {
  return header !== undefined && /^[A-Za-z0-9+/]{22}==$/.test(header) ? toHex(fromBase64(header)) : null;
}

/** Never replaces an object. One that exists must have the same bytes: mostly the encoder wrote it in an earlier try. */
async function writeOnce(bucket: R2Bucket, object: WritableObject, body: ReadableStream, md5: string): Promise<void> {
  const { key, contentType } = object;
  const onlyIf = { etagDoesNotMatch: '*' };
  if ((await ask(bucket.put(key, body, { onlyIf, md5, httpMetadata: { contentType } }))) !== null) {
    return;
  }
  // An object written by one PUT has its MD5 as ETag.
  if ((await ask(bucket.head(key)))?.etag !== md5) {
    throw new AppError('object_differs');
  }
}

const RANGE = /^bytes=(\d{1,15})-(\d{1,15})$/;

export const objectRoutes = newRouter<Pick<Bindings, 'MEDIA'>>();

objectRoutes.use('/tasks/:id/source', requireBearer('ENCODER_TOKEN'));
objectRoutes.use('/tasks/:id/objects/*', requireBearer('ENCODER_TOKEN'));

objectRoutes.openapi(sourceRoute, async (c) => {
  const { [GRANT_HEADER]: grant, range } = c.req.valid('header');
  const { source } = await readGrant(configOf(c.env), grant, c.req.valid('param').id, Date.now());
  if (c.req.method === 'HEAD') {
    const head = await ask(c.env.MEDIA.head(source));
    if (head === null) {
      throw new AppError('not_found');
    }
    return c.body(null, 200, { 'content-length': String(head.size) });
  }
  const [first = 0, last = -1] = (RANGE.exec(range ?? '') ?? []).slice(1).map(Number);
  if (last < first) {
    throw new AppError('invalid_request', { detail: 'Range: bytes=first-last is needed' });
  }
  const object = await ask(c.env.MEDIA.get(source, { range: { offset: first, length: last - first + 1 } }));
  if (object === null) {
    throw new AppError('not_found');
  }
  const end = Math.min(last, object.size - 1);
  return c.body(object.body, 206, {
    'content-type': 'application/octet-stream',
    'content-length': String(end - first + 1),
    'content-range': `bytes ${first}-${end}/${object.size}`,
  });
});

objectRoutes.openapi(objectRoute, async (c) => {
  const { id, track, name } = c.req.valid('param');
  const { [GRANT_HEADER]: grant, 'content-md5': digest, 'content-length': length } = c.req.valid('header');
  const object = writableObject(await readGrant(configOf(c.env), grant, id, Date.now()), track, name);
  if (object === null) {
    throw new AppError('not_granted');
  }
  const md5 = md5Of(digest);
  const { body } = c.req.raw;
  if (md5 === null || body === null || !/^[1-9]\d{0,14}$/.test(length ?? '')) {
    throw new AppError('invalid_request', { detail: 'Content-MD5, Content-Length and a body are needed' });
  }
  if (Number(length) > object.maxBytes) {
    throw new AppError('body_too_large', { detail: `At most ${object.maxBytes} bytes` });
  }
  await writeOnce(c.env.MEDIA, object, body, md5);
  return c.body(null, 204);
});
