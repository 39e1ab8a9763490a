/** Deleting an asset: by a call, or when its time has come. */

import { waitUntil } from 'cloudflare:workers';
import { assetErasureId, type ErasureEnv, eraseAsset, tryErasure } from '../../analytics/erase/erasures.ts';
import { deleteAsset, findAsset, findLatestJob } from '../../catalog/assets.ts';
import { currentMirror } from '../../catalog/job-progress.ts';
import { isStale, writeMirrorOrRetry } from '../../catalog/mirror.ts';
import { isActive } from '../../catalog/rows.ts';
import { sweepDue } from '../../catalog/sweep.ts';
import { AppError } from '../../errors.ts';
import { log } from '../../platform/log.ts';
import { sql } from '../../platform/sql.ts';
import { type SettleEnv, trySettleJob } from '../encoding/workflow/settle-jobs.ts';

type DeleteEnv = SettleEnv & ErasureEnv;

/** May be repeated. Throws `asset_not_found`, or `unavailable` if players have not been told yet. */
export async function removeAsset(env: DeleteEnv, id: string): Promise<void> {
  const { CATALOG, MEDIA } = env;
  const mirror = currentMirror(CATALOG, id);
  const asset = await findAsset(CATALOG, id);
  if (asset === null && !(await isStale(CATALOG, mirror.key))) {
    throw new AppError('asset_not_found');
  }
  if (asset !== null) {
    const job = await findLatestJob(CATALOG, id);
    const nowMs = Date.now();
    await deleteAsset(CATALOG, id, nowMs, eraseAsset(CATALOG, id, nowMs));
    // The transaction has noted the job and the counters, so the sweeps do what fails here.
    waitUntil(job !== null && isActive(job) ? trySettleJob(env, job.id) : Promise.resolve());
    waitUntil(tryErasure(env, assetErasureId(id), Date.now()));
  }
  await writeMirrorOrRetry(CATALOG, MEDIA, mirror);
}

/** From its `deleteAt` on, no call changes an asset. One that began before it, by a clock that is behind, has ended by now. */
const PATIENCE_MS = 10_000;

/** Each minute: deletes the assets whose time has come. Never rejects for one of them: the next sweep comes to it again. */
export async function sweepDeletions(env: DeleteEnv, nowMs: number): Promise<void> {
  const select = sql`SELECT key, at FROM (SELECT id AS key, delete_at AS at FROM assets WHERE delete_at IS NOT NULL)`;
  // However far ahead it is, an owner has chosen it.
  await sweepDue(env.CATALOG, select, Number.MAX_SAFE_INTEGER - nowMs, nowMs - PATIENCE_MS, async (id) => {
    try {
      await removeAsset(env, id);
    } catch (error) {
      log.error({ event: 'asset_not_deleted', asset: id, reason: String(error) });
    }
  });
}
