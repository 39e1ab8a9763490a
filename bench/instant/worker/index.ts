/**
 * The real Worker with additions for bench/instant.ts: a bucket whose operations take BENCH_R2_DELAY_MS, what was read of it
 * (`/bench/reads`), and files that are put there without an upload (`/bench/objects`).
 */
import type { Env } from '../../../src/env.ts';
import worker, { UploadSession as Uploading } from '../../../src/index.ts';
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

/**
 * The body becomes an object, in one piece: of one in parts, the local R2 reads megabytes before it answers, for seconds and
 * with 1.3 s of CPU for 185 MB.
 */
async function put({ MEDIA }: Env, key: string, body: ReadableStream): Promise<Response> {
  return Response.json((await MEDIA.put(key, body))?.size);
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
