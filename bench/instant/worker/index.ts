/**
 * The real Worker with additions for bench/instant.ts: a bucket whose operations take BENCH_R2_DELAY_MS, what was read of it
 * (`/bench/reads`), and files that are put there without an upload (`/bench/objects`).
 */
import type { Env } from '../../../src/env.ts';
import worker, { UploadSession as Uploading } from '../../../src/index.ts';
import { PART_BYTES } from '../../../src/platform/multipart.ts';
import { changedOnce } from '../../per-env.ts';
import { forgetReads, reads, watchedBucket } from './watched-bucket.ts';

export * from '../../../src/index.ts';

/** Nothing is encoded here. */
const IDLE_WORKFLOW = { create: async () => ({}) } as unknown as Env['ENCODE_WORKFLOW'];

const watched = changedOnce<Env & { BENCH_R2_DELAY_MS?: string }>(({ MEDIA, BENCH_R2_DELAY_MS }) => ({
  MEDIA: watchedBucket(MEDIA, Number(BENCH_R2_DELAY_MS ?? 0)),
  ENCODE_WORKFLOW: IDLE_WORKFLOW,
}));

export class UploadSession extends Uploading {
  constructor(context: DurableObjectState, env: Env) {
    super(context, watched(env));
  }
}

/** The body becomes an object, in parts: one is on its way while the next is read. */
async function put({ MEDIA }: Env, key: string, body: ReadableStream): Promise<Response> {
  const multipart = await MEDIA.createMultipartUpload(key);
  const reader = body.getReader({ mode: 'byob' });
  const parts: Promise<R2UploadedPart>[] = [];
  for (;;) {
    const { value, done } = await reader.readAtLeast(PART_BYTES, new Uint8Array(PART_BYTES));
    if (value !== undefined && value.byteLength > 0) {
      await parts.at(-1);
      parts.push(multipart.uploadPart(parts.length + 1, value));
    }
    if (done || value === undefined) {
      const { size } = await multipart.complete(await Promise.all(parts));
      return Response.json(size);
    }
  }
}

async function remove({ MEDIA }: Env, prefix: string): Promise<Response> {
  for (;;) {
    const { objects, truncated } = await MEDIA.list({ prefix });
    await MEDIA.delete(objects.map(({ key }) => key));
    if (!truncated) {
      return new Response(null, { status: 204 });
    }
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    const key = searchParams.get('key') ?? '';
    if (pathname === '/bench/reads') {
      const read = Response.json(reads);
      forgetReads();
      return read;
    }
    if (pathname === '/bench/objects') {
      return request.method === 'DELETE' ? remove(env, key) : put(env, key, request.body ?? new ReadableStream());
    }
    return await worker.fetch(request, watched(env), context);
  },
} satisfies ExportedHandler<Env>;
