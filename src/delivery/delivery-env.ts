/** The bindings that delivery needs. Its settings come from the same environment through `configOf`. */

import type { ConcurrencyEnv } from '../access/concurrency/concurrency-limiter.ts';
import type { CountersEnv } from '../analytics/counters-env.ts';
import type { TiersEnv } from './tiers/shield-tier.ts';

/** Without CONCURRENCY `limits` fail open; without VIEWS nothing is counted; VIEW_EVENTS is for ANALYTICS=on. */
export type DeliveryEnv = TiersEnv & Partial<ConcurrencyEnv & CountersEnv> & { VIEW_EVENTS?: AnalyticsEngineDataset };

/** Throws TypeError where `name` is not bound. */
export function bound<Name extends keyof DeliveryEnv>(env: DeliveryEnv, name: Name): NonNullable<DeliveryEnv[Name]> {
  const binding = env[name];
  if (binding == null) {
    throw new TypeError(`${name} is not bound`);
  }
  return binding;
}
