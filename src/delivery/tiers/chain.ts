/** Puts the tiers together as configured. Offline and in production it is the same code; only what is listed differs. */

import { exports, waitUntil } from 'cloudflare:workers';
import type { Config } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { tierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import { startTimer } from '../../platform/timer.ts';
import { type ObjectSource, R2Objects } from '../objects/objects.ts';
import { SentBuffers } from '../objects/sent-buffers.ts';
import { ByteBudget } from './byte-budget.ts';
import { CountedObjects } from './counted-objects.ts';
import { EdgeTier } from './edge-tier.ts';
import { BYTES_IN_FLIGHT_MAX, LOAD_MS, MEMORY_BYTES_MAX, SEND_STALL_MS } from './limits.ts';
import { CLASS_HEADER, mediaKeyOf } from './media-origin-protocol.ts';
import { MemoryTier } from './memory-tier.ts';
import type { Popularity } from './popularity.ts';
import type { TiersEnv } from './shield-protocol.ts';
import { ShieldTier } from './shield-tier.ts';
import { WorkersCacheTier } from './workers-cache-tier.ts';

export type Sources = {
  /** What never changes, through memory, edge cache, shield and R2. */
  media: ObjectSource;
  /** What may change: from the bucket alone. */
  state: ObjectSource;
  /** What answers are being written from. */
  sent: SentBuffers;
};

/** The bucket, its reads counted. */
export const mediaBucket = ({ MEDIA }: Pick<TiersEnv, 'MEDIA'>): ObjectSource =>
  new CountedObjects(new R2Objects(MEDIA), tierCounters, 'r2MediaReads');

/** What stands behind every cache: shield and bucket. Throws AppError `misconfigured` where the shield is wanted and not bound. */
export function coldObjects(env: TiersEnv, config: Config): ObjectSource {
  const counted = mediaBucket(env);
  return config.SHIELD === 'on'
    ? new ShieldTier(counted, { read: shieldOf(env), counters: tierCounters, startTimer })
    : counted;
}

/** Throws AppError `misconfigured` where a tier is wanted and not there. */
export function sourcesOf(env: TiersEnv, config: Config, popularity: Popularity): Sources {
  const bucket = new R2Objects(env.MEDIA);
  const sent = new SentBuffers(SEND_STALL_MS);
  const budget = new ByteBudget(BYTES_IN_FLIGHT_MAX, LOAD_MS, sent);
  const common = { budget, counters: tierCounters, now: Date.now };
  let media = coldObjects(env, config);
  const callsOrigin = config.EDGE_CACHE === 'workers' || config.EDGE_CACHE === 'both';
  if (callsOrigin) {
    media = new WorkersCacheTier(media, { ...common, fetch: mediaOrigin(popularity, config), startTimer });
  }
  // In front of the other: to ask it is free, a call of the media origin is billed.
  if (config.EDGE_CACHE === 'on' || config.EDGE_CACHE === 'both') {
    const edge = { cache: caches.default, popularity, countsFills: !callsOrigin };
    media = new EdgeTier(media, { ...common, ...edge, waitUntil, startTimer });
  }
  media = new MemoryTier(media, { ...common, sent, bytesMax: MEMORY_BYTES_MAX, waitUntil, startTimer });
  return { media, sent, state: new CountedObjects(bucket, tierCounters, 'r2StateReads') };
}

/** The loopback call, which is what the platform's cache stands in front of. */
function mediaOrigin(popularity: Popularity, { EDGE_CACHE }: Config): (request: Request) => Promise<Response> {
  // Typed by hand: the type of all exports is that of the entry, which nothing imports.
  const { MediaOrigin } = exports as unknown as { MediaOrigin?: Fetcher };
  if (MediaOrigin === undefined) {
    const problems = [`EDGE_CACHE is ${EDGE_CACHE}, MediaOrigin is not exported`];
    log.error({ event: 'misconfigured', problems });
    throw new AppError('misconfigured');
  }
  return (request) => {
    // How long a miss is kept is decided by whoever asks: the origin sees misses only.
    request.headers.set(CLASS_HEADER, popularity.classOf(mediaKeyOf(request.url) ?? ''));
    return MediaOrigin.fetch(request);
  };
}

function shieldOf({ SHIELDS }: TiersEnv) {
  if (SHIELDS === undefined) {
    log.error({ event: 'misconfigured', problems: ['SHIELD is on, SHIELDS is not bound'] });
    throw new AppError('misconfigured');
  }
  return async (key: string) => SHIELDS.get(SHIELDS.idFromName(key)).read(key);
}
