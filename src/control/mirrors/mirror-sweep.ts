/** Each minute: writes the mirrors that the calls which changed the catalog did not write. */

import { currentMirror } from '../../catalog/job-progress.ts';
import { LOOK_AGAIN_MS, type Mirror, rewriteMirror } from '../../catalog/mirror.ts';
import { sweepDue } from '../../catalog/sweep.ts';
import { assetIdOf, EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY } from '../../media/keys.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { sql } from '../../platform/sql.ts';
import { edgeRevocations } from '../links/revocation-store.ts';
import { edgeKeys } from '../links/signing-key-store.ts';

function mirrorOf({ CATALOG }: Bindings, key: string, nowMs: number): Mirror {
  switch (key) {
    case EDGE_KEYS_KEY:
      return edgeKeys(CATALOG);
    case EDGE_REVOCATIONS_KEY:
      return edgeRevocations(CATALOG, nowMs);
    default:
      return currentMirror(CATALOG, assetIdOf(key));
  }
}

/** Mirrors that were never written come first. Never rejects for the bucket: a failure is logged, and the mirror stays noted. */
export async function sweepMirrors(env: Bindings, nowMs: number): Promise<void> {
  const select = sql`SELECT key, look_again_at AS at FROM stale_mirrors`;
  await sweepDue(env.CATALOG, select, LOOK_AGAIN_MS, nowMs, async (key) => {
    try {
      await rewriteMirror(env.CATALOG, env.MEDIA, mirrorOf(env, key, nowMs));
    } catch (error) {
      log.error({ event: 'mirror_stale', key, reason: String(error) });
    }
  });
}
