/** All bindings of the Worker, as wrangler.toml declares them. Only for the entry: modules name the few that they need. */

import type { ConcurrencyEnv } from './access/concurrency/concurrency-limiter.ts';
import type { ViewCounterEnv } from './analytics/count/view-counter.ts';
import type { WakeEnv } from './catalog/wake.ts';
import type { BoardEnv } from './control/encoding/board/board-stub.ts';
import type { WorkflowEnv } from './control/encoding/workflow/settle-jobs.ts';
import type { GcEnv } from './control/gc/garbage-collector.ts';
import type { UploadsEnv } from './control/uploads/session/upload-session.ts';
import type { ShieldNamespaceEnv } from './delivery/tiers/shield-tier.ts';
import type { RateLimitEnv } from './http/rate-limit.ts';
import type { MetricsEnv } from './metrics/report-totals.ts';
import type { Bindings } from './platform/bindings.ts';

export type Env = Bindings &
  BoardEnv &
  ConcurrencyEnv &
  GcEnv &
  MetricsEnv &
  RateLimitEnv &
  ShieldNamespaceEnv &
  UploadsEnv &
  ViewCounterEnv &
  WakeEnv &
  WorkflowEnv & { ASSETS: Fetcher };
