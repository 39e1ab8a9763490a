/** The Worker's entry: handlers and exported classes. Wiring only. */
import { app } from './app.ts';
import { sweepMirrors } from './catalog/mirror-sweep.ts';
import { COLLECTION_CRON, startScheduledCollection } from './collection/schedule.ts';
import { sweepJobs } from './encoding/settle-jobs.ts';
import { START_CRON } from './encoding/start-cron.ts';
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
export { DeliveryLanes } from './webhooks/dispatch.ts';

const isRejected = (result: PromiseSettledResult<void>): result is PromiseRejectedResult =>
  result.status === 'rejected';

export default {
  fetch: app.fetch,
  queue: handleWakes,
  async scheduled({ cron, scheduledTime }, env) {
    if (cron === START_CRON) {
      await sweepJobs(env, Number.MAX_SAFE_INTEGER);
    }
    if (cron === COLLECTION_CRON) {
      await startScheduledCollection(env);
    }
    if (cron === SWEEP_CRON) {
      // The local server lets anyone name a time: one ahead would take what is due later, and forget events, at once.
      const nowMs = Math.min(scheduledTime, Date.now());
      const sweeps = [sweepMirrors, sweepJobs, sweepDeliveries, sweepErasures];
      // One that fails does not stop the others.
      const failed = (await Promise.allSettled(sweeps.map((sweep) => sweep(env, nowMs)))).find(isRejected);
      if (failed !== undefined) {
        throw failed.reason;
      }
    }
  },
} satisfies ExportedHandler<Env>;
