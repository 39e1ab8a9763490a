/** Puts the tiers together as configured. The code is the same offline and in production. */

import { exports, waitUntil } from 'cloudflare:workers';
import type { Config } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { tierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import { startTimer } from '../../platform/timer.ts';
import { madeKeyOf } from '../made/made-key.ts';
import { MadeObjects } from '../made/made-objects.ts';
import type { SourceReport } from '../made/report-once.ts';
import { type ObjectSource, R2Objects } from '../objects/objects.ts';
import { SentBuffers } from '../objects/sent-buffers.ts';
import { ByteBudget } from './byte-budget.ts';
import { EdgeTier } from './edge-tier.ts';
import { BYTES_IN_FLIGHT_MAX, LOAD_MS, MAX_HELD_OBJECT_BYTES, MEMORY_BYTES_MAX, SEND_STALL_MS } from './limits.ts';
import { CLASS_HEADER, mediaKeyOf } from './media-origin-protocol.ts';
import { MemoryTier } from './memory-tier.ts';
import type { Popularity } from './popularity.ts';
import { ShieldTier, type TiersEnv } from './shield-tier.ts';
import { WorkersCacheTier } from './workers-cache-tier.ts';

export const countedBucket = (bucket: R2Bucket, counter: 'r2MediaReads' | 'r2StateReads'): ObjectSource =>
  new R2Objects(bucket, () => {
    tierCounters[counter] += 1;
  });

/** Tells control of it, where this Worker has that entrypoint. */
async function reportSource(report: SourceReport): Promise<void> {
  // Typed by hand, as MediaOrigin below.
  const { SourceReports } = exports as unknown as {
    SourceReports?: { report(report: SourceReport): Promise<unknown> };
  };
  await SourceReports?.report(report);
}

/** The bucket, with what is made of the sources in it. One for all requests of an isolate. */
export function madeObjects({ MEDIA }: Pick<TiersEnv, 'MEDIA'>, budget: ByteBudget): ObjectSource {
  return new MadeObjects(countedBucket(MEDIA, 'r2MediaReads'), {
    bucket: MEDIA,
    countRead: () => {
      tierCounters.r2MediaReads += 1;
    },
    budget,
    heldBytesMax: MAX_HELD_OBJECT_BYTES,
    report: reportSource,
    waitUntil,
    startTimer,
    now: Date.now,
  });
}

function newShared(env: TiersEnv) {
  const sent = new SentBuffers(SEND_STALL_MS);
  const budget = new ByteBudget(BYTES_IN_FLIGHT_MAX, LOAD_MS, sent);
  return { sent, budget, bucket: madeObjects(env, budget) };
}

const shared = new WeakMap<TiersEnv, ReturnType<typeof newShared>>();

/** What the requests of players and those of the media origin have in common, if they meet in one isolate. */
export function sharedOf(env: TiersEnv) {
  const known = shared.get(env) ?? newShared(env);
  shared.set(env, known);
  return known;
}

/** Behind every cache: shield and bucket. Throws AppError `misconfigured` where SHIELD is on and not bound. */
export function coldObjects(env: TiersEnv, config: Config): ObjectSource {
  const { bucket } = sharedOf(env);
  return config.SHIELD === 'on'
    ? new ShieldTier(bucket, { read: shieldOf(env), counters: tierCounters, startTimer })
    : bucket;
}

/**
 * `media`: what never changes. `state`: what may change, from the bucket alone. `sent`: what answers are being written
 * from. Throws AppError `misconfigured` where a tier is wanted and not there.
 */
export function sourcesOf(env: TiersEnv, config: Config, popularity: Popularity) {
  const { sent, budget } = sharedOf(env);
  const common = { budget, counters: tierCounters, now: Date.now, startTimer };
  let media = coldObjects(env, config);
  const callsOrigin = config.EDGE_CACHE === 'workers' || config.EDGE_CACHE === 'both';
  if (callsOrigin) {
    media = new WorkersCacheTier(media, { ...common, fetch: mediaOrigin(popularity, config) });
  }
  // In front of the other: to ask it is free, a call of the media origin is billed.
  if (config.EDGE_CACHE === 'on' || config.EDGE_CACHE === 'both') {
    media = new EdgeTier(media, {
      ...common,
      cache: caches.default,
      popularity,
      countsFills: !callsOrigin,
      waitUntil,
    });
  }
  media = new MemoryTier(media, { ...common, sent, bytesMax: MEMORY_BYTES_MAX, waitUntil });
  return { media, sent, state: countedBucket(env.MEDIA, 'r2StateReads') };
}

/** The loopback call, which is what the platform's cache stands in front of. */
function mediaOrigin(popularity: Popularity, { EDGE_CACHE }: Config): (request: Request) => Promise<Response> {
  // Typed by hand: the type of all exports is that of the entry, which nothing imports.
  const { MediaOrigin } = exports as unknown as { MediaOrigin?: Fetcher };
  if (MediaOrigin === undefined) {
    throw misconfigured(`EDGE_CACHE is ${EDGE_CACHE}, MediaOrigin is not exported`);
  }
  return (request) => {
    // The caller decides how long a miss is kept: the origin sees misses only.
    request.headers.set(CLASS_HEADER, popularity.classOf(mediaKeyOf(request.url) ?? ''));
    return MediaOrigin.fetch(request);
  };
}

function shieldOf({ SHIELDS }: TiersEnv) {
  if (SHIELDS === undefined) {
    throw misconfigured('SHIELD is on, SHIELDS is not bound');
  }
  // Picture and sound of a made segment have one object: it reads the source once for both.
  return async (key: string) => SHIELDS.get(SHIELDS.idFromName(madeKeyOf(key)?.place ?? key)).read(key);
}

function misconfigured(problem: string): AppError {
  log.error({ event: 'misconfigured', problems: [problem] });
  return new AppError('misconfigured');
}
