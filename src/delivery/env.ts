/** The bindings that delivery needs. Its settings come from the same environment through `configOf`. */
import type { StreamLimiter } from '../access/concurrency/concurrency-limiter.ts';
import type { ViewCounter } from '../analytics/count/view-counter.ts';
import type { Shield } from './tiers/shield.ts';

export interface DeliveryEnv {
  MEDIA: R2Bucket;
  /** Needed with SHIELD=on only. */
  SHIELDS?: DurableObjectNamespace<Shield>;
  /** Asked for sessions of links with `limits` only. */
  STREAMS?: DurableObjectNamespace<StreamLimiter>;
  /** Without it, nothing is counted. */
  VIEWS?: DurableObjectNamespace<ViewCounter>;
  /** Written to with ANALYTICS=on only. */
  VIEW_EVENTS?: AnalyticsEngineDataset;
}
