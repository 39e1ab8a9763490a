/** The real Worker with additions for bench/text-track.ts: a film published as an encode does, and a count of calls. */
import { createAsset } from '../../../src/catalog/assets.ts';
import { markEncoding } from '../../../src/catalog/job-progress.ts';
import { publishRevision } from '../../../src/control/encoding/publish/publish.ts';
import type { Env } from '../../../src/env.ts';
import worker from '../../../src/index.ts';
import { parsePresentation } from '../../../src/media/presentation.ts';
import { changedOnce } from '../../per-env.ts';

export * from '../../../src/index.ts';

const counts = { r2Reads: 0, r2Writes: 0, r2Bytes: 0, d1Calls: 0 };

/** Calls `note` with the name and arguments of each call. */
function noting<Store extends object>(store: Store, note: (name: string, args: readonly unknown[]) => void): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      return typeof member !== 'function'
        ? member
        : (...args: unknown[]) => {
            note(String(name), args);
            return Reflect.apply(member, target, args);
          };
    },
  });
}

function noteBucket(name: string, [, body]: readonly unknown[]): void {
  if (name === 'put') {
    counts.r2Writes += 1;
    counts.r2Bytes += typeof body === 'string' || body instanceof Uint8Array ? body.length : 0;
  } else {
    counts.r2Reads += 1;
  }
}

/** A statement by itself is a call; those of a batch are one. */
function noteCatalog(name: string, [first]: readonly unknown[]): void {
  counts.d1Calls += name === 'batch' ? 1 - (Array.isArray(first) ? first.length : 0) : 1;
}

const counted = changedOnce<Env>(({ MEDIA, CATALOG }) => ({
  MEDIA: noting(MEDIA, noteBucket),
  CATALOG: noting(CATALOG, noteCatalog),
}));

async function publish(env: Env, request: Request): Promise<Response> {
  const { revision: _, ...film } = parsePresentation(await request.text());
  const { assetId, version } = film;
  const job = { assetId, version, jobId: `${assetId}-job` };
  const asset = {
    id: assetId,
    title: assetId,
    policy: 'public',
    prewarm: false,
    sourceKey: 'x',
    sourceUrl: null,
  } as const;
  await createAsset(env.CATALOG, asset, { id: job.jobId, assetId, version }, Date.now());
  await markEncoding(env.CATALOG, job, Date.now());
  await publishRevision(env, job, 'full', [], () => film);
  return new Response(null, { status: 204 });
}

export default {
  async fetch(request, env, context) {
    switch (new URL(request.url).pathname) {
      case '/bench/publish':
        return await publish(env, request);
      case '/bench/counts':
        return Response.json(counts);
      default:
        return await worker.fetch(request, counted(env), context);
    }
  },
} satisfies ExportedHandler<Env>;
