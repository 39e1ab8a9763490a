/**
 * The inner entrypoint that Workers Cache stands in front of (`exports` in wrangler.toml): a whole object by its key, for
 * ever, or an error, for nobody else. It has no public address and checks no token: whoever calls it has done so. The
 * platform collapses misses, keeps answers in two tiers and cuts ranges out of them; so there is never a 206 here.
 */

import { WorkerEntrypoint } from 'cloudflare:workers';
import { configOf } from '../../config.ts';
import { AppError, problemOf } from '../../errors.ts';
import { type MetricsEnv, reportIfDue } from '../../metrics/report-totals.ts';
import { tierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import { IMMUTABLE } from '../objects/cache-policy.ts';
import type { ObjectHead, ObjectSource } from '../objects/objects.ts';
import { coldObjects } from './chain.ts';
import { EDGE_FILLS } from './counted-objects.ts';
import { callOf, classOf, formatVerdict, mediaKeyOf, VERDICT_HEADER } from './media-origin-protocol.ts';
import { edgeCacheControl } from './popularity.ts';
import type { TiersEnv } from './shield-protocol.ts';

type MediaOriginEnv = TiersEnv & MetricsEnv;

const METHODS = 'GET, HEAD';

const sources = new WeakMap<MediaOriginEnv, ObjectSource>();

/** Shield and bucket, no memory: what comes by here is remembered by the cache above and by the caller. */
function sourceOf(env: MediaOriginEnv): ObjectSource {
  const source = sources.get(env) ?? coldObjects(env, configOf(env));
  sources.set(env, source);
  return source;
}

function headersOf({ size, etag, tier }: ObjectHead, request: Request): HeadersInit {
  const popularityClass = classOf(request);
  return {
    'content-length': String(size),
    // What a player is told comes from the table of delivery; this one keeps the platform from compressing.
    'content-type': 'application/octet-stream',
    // For the platform's cache alone: delivery has a table for players. Whoever names no class knows of no limit.
    'cache-control': popularityClass === null ? IMMUTABLE : edgeCacheControl(popularityClass),
    etag,
    [VERDICT_HEADER]: formatVerdict({ found: tier, call: callOf(request) }),
  };
}

/** Throws AppError `method_not_allowed`, `not_found` for what is no key of such an object, or `unavailable`. */
async function answer(env: MediaOriginEnv, request: Request): Promise<Response> {
  const { method, url } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    throw new AppError('method_not_allowed', { headers: { allow: METHODS } });
  }
  const key = mediaKeyOf(url);
  if (key === null) {
    throw new AppError('not_found');
  }
  const call = callOf(request);
  const source = sourceOf(env);
  if (method === 'HEAD') {
    const head = await source.head(key);
    return head === null ? missing(call) : new Response(null, { headers: headersOf(head, request) });
  }
  const read = await source.get(key);
  if (read.kind !== 'found') {
    return missing(call);
  }
  const popularityClass = classOf(request);
  if (popularityClass !== null) {
    tierCounters[EDGE_FILLS[popularityClass]] += 1;
  }
  return new Response(read.body, { headers: headersOf(read, request) });
}

/** For this caller it is so, for later ones it need not be. */
function missing(call: string): Response {
  const verdict = formatVerdict({ found: 'missing', call });
  return refuse(new AppError('not_found', { headers: { [VERDICT_HEADER]: verdict } }));
}

/** Never stored: without `no-store` the platform keeps a 404 for three minutes. */
function refuse(error: unknown): Response {
  const { status, body, headers } = problemOf(error);
  if (status >= 500) {
    // Without the address, which names an asset.
    log.error({ event: 'media_origin_failed', reason: String(error) });
  }
  return new Response(body, { status, headers });
}

export class MediaOrigin extends WorkerEntrypoint<MediaOriginEnv> {
  override async fetch(request: Request): Promise<Response> {
    try {
      return await answer(this.env, request);
    } catch (error) {
      return refuse(error);
    } finally {
      // Its reads are counted in this isolate, which may answer no other requests.
      reportIfDue(this.env);
    }
  }
}
