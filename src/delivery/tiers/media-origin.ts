/**
 * The inner entrypoint that Workers Cache stands in front of (`exports` in wrangler.toml): a whole object by its key,
 * or an error, which is not stored. It has no public address and checks no token: its callers have done so. The
 * platform collapses misses and cuts ranges, so it never answers 206 itself.
 */

import { WorkerEntrypoint } from 'cloudflare:workers';
import { configOf } from '../../config.ts';
import { AppError, problemOf } from '../../errors.ts';
import { type MetricsEnv, reportIfDue } from '../../metrics/report-totals.ts';
import { tierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import { bodyOf } from '../http/send-bytes.ts';
import { IMMUTABLE } from '../objects/cache-policy.ts';
import type { ObjectHead } from '../objects/objects.ts';
import { coldObjects, sharedOf } from './chain.ts';
import { callOf, classOf, formatVerdict, mediaKeyOf, VERDICT_HEADER } from './media-origin-protocol.ts';
import { EDGE_FILLS, edgeCacheControl } from './popularity.ts';
import type { TiersEnv } from './shield-tier.ts';

type MediaOriginEnv = TiersEnv & MetricsEnv;

const METHODS = 'GET, HEAD';

function headersOf({ size, etag, tier }: ObjectHead, request: Request): HeadersInit {
  const popularityClass = classOf(request);
  return {
    'content-length': String(size),
    // Keeps the platform from compressing. Players get the type from the table of delivery.
    'content-type': 'application/octet-stream',
    // For the platform's cache alone. A caller that names no class sets no limit.
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
  // Shield and bucket, no memory: the cache above and the caller remember what comes by here.
  const source = coldObjects(env, configOf(env));
  if (method === 'HEAD') {
    const head = await source.head(key);
    return head === null ? missing(request) : new Response(null, { headers: headersOf(head, request) });
  }
  const read = await source.get(key);
  if (read.kind !== 'found') {
    return missing(request);
  }
  const popularityClass = classOf(request);
  if (popularityClass !== null) {
    tierCounters[EDGE_FILLS[popularityClass]] += 1;
  }
  const { body, giveBack } = read;
  // What is made comes as bytes: they count as held until they are written.
  const sent = body instanceof Uint8Array ? bodyOf(body, { sent: sharedOf(env).sent, now: Date.now, giveBack }) : body;
  const response = new Response(sent, { headers: headersOf(read, request) });
  if (sent === body) {
    // The response has a copy.
    giveBack?.();
  }
  return response;
}

/** For this caller it is so, for later ones it need not be. */
function missing(request: Request): Response {
  const verdict = formatVerdict({ found: 'missing', call: callOf(request) });
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
      // This isolate counts its reads, and may answer no other requests.
      reportIfDue(this.env);
    }
  }
}
