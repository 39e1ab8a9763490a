/** The Worker's bindings as wrangler.toml declares them. The delivery plane declares the few it needs itself. */

import type { StreamLimiter } from './access/concurrency/concurrency-limiter.ts';
import type { ViewCounter } from './analytics/count/view-counter.ts';
import type { Wake } from './catalog/wake.ts';
import type { TaskBoard } from './control/encoding/board/task-board.ts';
import type { EncodeParams } from './control/encoding/workflow/encode-workflow.ts';
import type { Collector } from './control/gc/garbage-collector.ts';
import type { Shield } from './delivery/tiers/shield.ts';
import type { Metrics } from './metrics/metrics-object.ts';

export interface Env {
  CATALOG: D1Database;
  MEDIA: R2Bucket;
  TASK_BOARD: DurableObjectNamespace<TaskBoard>;
  SHIELDS: DurableObjectNamespace<Shield>;
  COLLECTOR: DurableObjectNamespace<Collector>;
  STREAMS: DurableObjectNamespace<StreamLimiter>;
  METRICS: DurableObjectNamespace<Metrics>;
  VIEWS: DurableObjectNamespace<ViewCounter>;
  ENCODE_WORKFLOW: Workflow<EncodeParams>;
  DELIVERY_QUEUE: Queue<Wake>;
  ASSETS: Fetcher;
}

/** The one board that all encoders and jobs of this deployment share. */
export const taskBoard = (env: Pick<Env, 'TASK_BOARD'>): DurableObjectStub<TaskBoard> =>
  env.TASK_BOARD.get(env.TASK_BOARD.idFromName('main'));

/** The one collector, so that there is one collection at a time. */
export const collector = (env: Pick<Env, 'COLLECTOR'>): DurableObjectStub<Collector> =>
  env.COLLECTOR.get(env.COLLECTOR.idFromName('main'));
