/** The Worker's entry: handlers and exported classes. Wiring only. */
import { app } from './app.ts';
import { COLLECTION_CRON, startScheduledCollection } from './collection/schedule.ts';
import type { Env } from './env.ts';
import { sweepErasures } from './views/erasure/erasures.ts';
import { handleWakes, SWEEP_CRON, sweepDeliveries } from './webhooks/dispatch.ts';

export { Collector } from './collection/collector.ts';
export { MediaOrigin } from './delivery/tiers/media-origin.ts';
export { Shield } from './delivery/tiers/shield.ts';
export { EncodeWorkflow } from './encoding/encode-workflow.ts';
export { TaskBoard } from './encoding/task-board.ts';
export { Metrics } from './metrics/metrics.ts';
export { StreamLimiter } from './streams/stream-limiter.ts';
export { ViewCounter } from './views/counter/view-counter.ts';

export default {
  fetch: app.fetch,
  queue: handleWakes,
  async scheduled({ cron, scheduledTime }, env) {
    if (cron === COLLECTION_CRON) {
      await startScheduledCollection(env);
    }
    if (cron === SWEEP_CRON) {
      await Promise.all([sweepDeliveries(env, scheduledTime), sweepErasures(env, scheduledTime)]);
    }
  },
} satisfies ExportedHandler<Env>;
