/** The Worker's entry: handlers and exported classes. Wiring only. */

import { sweepErasures } from './analytics/erase/erasures.ts';
import { app } from './app.ts';
import { sweepTexts } from './catalog/text-index.ts';
import { sweepDeletions } from './control/assets/delete-asset.ts';
import { sweepOrders } from './control/captioning/send-order.ts';
import { sweepJobs } from './control/encoding/workflow/settle-jobs.ts';
import { START_CRON } from './control/encoding/workflow/start-cron.ts';
import { sweepDubs } from './control/encoding/workflow/start-dub.ts';
import { GC_CRON, startScheduledGc } from './control/gc/garbage-collector.ts';
import { sweepMirrors } from './control/mirrors/mirror-sweep.ts';
import { handleWakes, SWEEP_CRON, sweepDeliveries } from './control/notify/dispatch.ts';
import { sweepRevisions } from './control/revisions/revise.ts';
import { sweepOnDemand } from './control/source-playback/on-demand.ts';
import { pruneRecords } from './control/tokens/audit-store.ts';
import { sweepUploads } from './control/uploads/sweep-uploads.ts';
import type { Env } from './env.ts';

export { ConcurrencyLimiter } from './access/concurrency/concurrency-limiter.ts';
export { ViewCounter } from './analytics/count/view-counter.ts';
export { TaskBoard } from './control/encoding/board/task-board.ts';
export { EncodeWorkflow } from './control/encoding/workflow/encode-workflow.ts';
export { SourceReports } from './control/encoding/workflow/source-reports.ts';
export { GarbageCollector } from './control/gc/garbage-collector.ts';
export { DeliveryLanes } from './control/notify/dispatch.ts';
export { UploadSession } from './control/uploads/session/upload-session.ts';
export { MediaOrigin } from './delivery/tiers/media-origin.ts';
export { Shield } from './delivery/tiers/shield.ts';
export { Metrics } from './metrics/metrics-object.ts';

export default {
  fetch: app.fetch,
  queue: handleWakes,
  async scheduled({ cron, scheduledTime }, env) {
    if (cron === START_CRON) {
      await sweepJobs(env, Number.MAX_SAFE_INTEGER);
    }
    if (cron === GC_CRON) {
      await startScheduledGc(env);
    }
    if (cron === SWEEP_CRON) {
      // The local server lets callers name a time; one in the future would take work that is not due and drop events.
      const nowMs = Math.min(scheduledTime, Date.now());
      const sweeps = [
        sweepDeletions,
        sweepMirrors,
        sweepOnDemand,
        sweepJobs,
        sweepRevisions,
        sweepDubs,
        sweepOrders,
        sweepDeliveries,
        sweepErasures,
        sweepUploads,
        sweepTexts,
        pruneRecords,
      ];
      // A failed sweep does not stop the others.
      const results = await Promise.allSettled(sweeps.map((sweep) => sweep(env, nowMs)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) {
        throw failed.reason;
      }
    }
  },
} satisfies ExportedHandler<Env>;
