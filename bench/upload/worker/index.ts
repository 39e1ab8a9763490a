/** The real Worker with additions for bench/upload.ts: uploads without their routes, and plain multipart uploads of R2. */
import { APPEND_HEADER, type AppendOrder } from '../../../src/control/uploads/session/session-port.ts';
import type { Env } from '../../../src/env.ts';
import worker from '../../../src/index.ts';
import { PART_BYTES } from '../../../src/platform/multipart.ts';

export * from '../../../src/index.ts';

/** The body of a request becomes parts: one is on its way while the next is read. */
async function addParts(multipart: R2MultipartUpload, body: ReadableStream, first: number): Promise<R2UploadedPart[]> {
  const reader = body.getReader({ mode: 'byob' });
  const parts: Promise<R2UploadedPart>[] = [];
  for (;;) {
    const { value, done } = await reader.readAtLeast(PART_BYTES, new Uint8Array(PART_BYTES));
    if (value !== undefined && value.byteLength > 0) {
      await parts.at(-1);
      parts.push(multipart.uploadPart(first + parts.length, value));
    }
    if (done || value === undefined) {
      return Promise.all(parts);
    }
  }
}

async function plainMultipart({ MEDIA }: Env, request: Request, query: URLSearchParams): Promise<Response> {
  const [key, id] = [query.get('key') ?? '', query.get('id')];
  if (id === null) {
    return Response.json((await MEDIA.createMultipartUpload(key)).uploadId);
  }
  const multipart = MEDIA.resumeMultipartUpload(key, id);
  const first = query.get('part');
  return first === null
    ? Response.json((await multipart.complete(await request.json())).size)
    : Response.json(await addParts(multipart, request.body ?? new ReadableStream(), Number(first)));
}

async function append({ UPLOADS }: Env, request: Request, query: URLSearchParams): Promise<Response> {
  const id = query.get('id') ?? '';
  const length = query.has('length') ? Number(query.get('length')) : null;
  const facts = { id, key: `sources/${id}/film.mp4`, contentType: null, length, maxBytes: 2 ** 40 };
  const order: AppendOrder = { facts, offset: Number(query.get('offset')), isLast: query.has('last') };
  const headers = { [APPEND_HEADER]: JSON.stringify(order) };
  return UPLOADS.get(UPLOADS.idFromName(id)).fetch('https://upload/', { method: 'POST', headers, body: request.body });
}

/** Of the one object below a prefix. */
async function sha256({ MEDIA }: Env, prefix: string): Promise<Response> {
  const { objects } = await MEDIA.list({ prefix });
  const object = await MEDIA.get(objects[0]?.key ?? '');
  const digest = new crypto.DigestStream('SHA-256');
  await object?.body.pipeTo(digest);
  return new Response(
    [...new Uint8Array(await digest.digest)].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  );
}

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/bench/append') {
      return append(env, request, searchParams);
    }
    if (pathname === '/bench/sha256') {
      return sha256(env, searchParams.get('prefix') ?? '');
    }
    return pathname === '/bench/multipart'
      ? plainMultipart(env, request, searchParams)
      : worker.fetch(request, env, context);
  },
} satisfies ExportedHandler<Env>;
