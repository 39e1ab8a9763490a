/**
 * Encodes films of `encode: onDemand` once they have been watched. The database notes a film when its views are copied to the
 * catalog (migration 0026), so a sweep reads the films that were watched, never all.
 */
import { SELECT_DUE_LADDERS, startDueLadder } from '../../catalog/encode-mode.ts';
import { sweepDue } from '../../catalog/sweep.ts';
import { configOf } from '../../config.ts';
import { newJobId, newVersionId } from '../../media/ids.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';

/** Notes are at most LOOK_AGAIN_MS ahead (src/catalog/encode-mode.ts). */
const LONGEST_MS = 10 * 60_000;

/** Each minute. The sweep of jobs starts what this has queued. Never rejects for one film: the next sweep comes to it again. */
export async function sweepOnDemand(env: Pick<Bindings, 'CATALOG'>, nowMs: number): Promise<void> {
  const { ON_DEMAND_VIEWS } = configOf(env);
  await sweepDue(env.CATALOG, SELECT_DUE_LADDERS, LONGEST_MS, nowMs, async (assetId) => {
    try {
      const job = { id: newJobId(), assetId, version: newVersionId() };
      if (await startDueLadder(env.CATALOG, job, ON_DEMAND_VIEWS, nowMs)) {
        log.info({ event: 'encode_on_demand', asset: assetId, job: job.id });
      }
    } catch (error) {
      log.warn({ event: 'encode_on_demand_unstarted', asset: assetId, reason: String(error) });
    }
  });
}
