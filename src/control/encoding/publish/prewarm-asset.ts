/** Warms what an asset plays, where its catalog row asks for it: after a publish, and when a change lets it play. */

import { findAsset } from '../../../catalog/assets.ts';
import type { DeliveryEnv } from '../../../delivery/delivery-env.ts';
import { isolateOf } from '../../../delivery/isolate.ts';
import { type PrewarmReport, prewarm } from '../../../delivery/prewarm.ts';
import { type MetricsEnv, reportIfDue } from '../../../metrics/report-totals.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { log } from '../../../platform/log.ts';

export type PrewarmEnv = Pick<Bindings, 'CATALOG'> & DeliveryEnv & MetricsEnv;

/**
 * Null where nothing is to be warmed: not asked for, disabled, not published, or gone. Never throws: an asset plays
 * without it.
 */
export async function prewarmAsset(env: PrewarmEnv, assetId: string): Promise<PrewarmReport | null> {
  try {
    const asset = await findAsset(env.CATALOG, assetId);
    if (asset === null || asset.prewarm === 0 || asset.disabled === 1) {
      return null;
    }
    const { current_version: version, current_revision: revision } = asset;
    if (version === null || revision === null) {
      return null;
    }
    const report = await prewarm(isolateOf(env), { assetId, version, revision });
    // A workflow's isolate may answer no requests.
    reportIfDue(env);
    return report;
  } catch (error) {
    log.warn({ event: 'prewarm_failed', asset: assetId, reason: String(error) });
    return null;
  }
}
