/** Puts the tiers together as configured. Offline and in production it is the same code; only what is listed differs. */
import { waitUntil } from 'cloudflare:workers';
import type { Config } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { DeliveryEnv } from '../env.ts';
import { type ObjectSource, R2Objects } from '../objects.ts';
import { ByteBudget } from './byte-budget.ts';
import { CountedObjects, tierCounters } from './counters.ts';
import { DebugObjects } from './debug-objects.ts';
import { EdgeTier } from './edge-tier.ts';
import { BYTES_IN_FLIGHT_MAX, LOAD_MS, MEMORY_BYTES_MAX } from './limits.ts';
import { MemoryTier } from './memory-tier.ts';
import { ShieldTier } from './shield-tier.ts';
import { startTimer } from './timer.ts';

export type Sources = {
  /** What never changes, through memory, edge cache, shield and R2. */
  media: ObjectSource;
  /** What may change: from the bucket alone. */
  state: ObjectSource;
};

/** Throws AppError `misconfigured` where the shield is wanted and not bound. */
export function sourcesOf(env: DeliveryEnv, config: Config): Sources {
  const bucket = new R2Objects(env.MEDIA);
  const common = { budget: new ByteBudget(BYTES_IN_FLIGHT_MAX, LOAD_MS), counters: tierCounters, now: Date.now };
  let media: ObjectSource = new CountedObjects(disturbed(bucket, config), tierCounters, 'r2MediaReads');
  if (config.SHIELD === 'on') {
    media = new ShieldTier(media, { read: shieldOf(env), counters: tierCounters, startTimer });
  }
  if (config.EDGE_CACHE === 'on') {
    media = new EdgeTier(media, { ...common, cache: caches.default, waitUntil });
  }
  const coalesce = config.COALESCE === 'on';
  media = new MemoryTier(media, { ...common, bytesMax: MEMORY_BYTES_MAX, coalesce, waitUntil, startTimer });
  return { media, state: new CountedObjects(bucket, tierCounters, 'r2StateReads') };
}

/** The bucket itself, unless a benchmark wants it slow or faulty. */
function disturbed(bucket: ObjectSource, config: Config): ObjectSource {
  const { DEBUG_R2_DELAY_MS: delayMs, DEBUG_R2_FAIL_FIRST, DEBUG_TIERS } = config;
  const failsFirst = DEBUG_R2_FAIL_FIRST === 'on';
  return DEBUG_TIERS === 'on' && (delayMs > 0 || failsFirst)
    ? new DebugObjects(bucket, { delayMs, failsFirst })
    : bucket;
}

function shieldOf({ SHIELDS }: DeliveryEnv) {
  if (SHIELDS === undefined) {
    console.error(JSON.stringify({ event: 'misconfigured', problems: ['SHIELD is on, SHIELDS is not bound'] }));
    throw new AppError('misconfigured');
  }
  return async (key: string) => SHIELDS.get(SHIELDS.idFromName(key)).read(key);
}
