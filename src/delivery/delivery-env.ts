/** The bindings that delivery needs. Its settings come from the same environment through `configOf`. */

import type { ConcurrencyEnv } from '../access/concurrency/concurrency-limiter.ts';
import type { CountersEnv } from '../analytics/counters-env.ts';
import type { TiersEnv } from './tiers/shield-protocol.ts';

/**
 * Sessions of links with `limits` ask the concurrency limiter; without counters nothing is counted; VIEW_EVENTS is written
 * to with ANALYTICS=on only.
 */
export type DeliveryEnv = TiersEnv & Partial<ConcurrencyEnv & CountersEnv> & { VIEW_EVENTS?: AnalyticsEngineDataset };
