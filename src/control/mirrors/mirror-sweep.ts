/** Each minute: writes the mirrors that the calls which changed the catalog did not. */

import { currentMirror } from '../../catalog/job-progress.ts';
import { LOOK_AGAIN_MS, type Mirror, rewriteMirror } from '../../catalog/mirror.ts';
import { assetIdOf, EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY } from '../../media/keys.ts';
import { inGroups } from '../../platform/at-once.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { edgeRevocations } from '../links/revocation-store.ts';
import { edgeKeys } from '../links/signing-key-store.ts';

/** Five calls each: half of the 10,000 that one run of a Worker may make. */
const SWEEP_LIMIT = 1_000;
/** A Worker waits for six answers at a time. */
const AT_ONCE = 5;
/** The next sweep goes on. */
const SWEEP_MS = 50_000;

type MirrorEnv = Bindings;

function mirrorOf({ CATALOG }: MirrorEnv, key: string, nowMs: number): Mirror {
  switch (key) {
    case EDGE_KEYS_KEY:
      return edgeKeys(CATALOG);
    case EDGE_REVOCATIONS_KEY:
      return edgeRevocations(CATALOG, nowMs);
    default:
      return currentMirror(CATALOG, assetIdOf(key));
  }
}

/** What was never written first. A time to look again that is too far ahead was written by a clock that has been set back. */
async function dueMirrors(db: D1Database, nowMs: number): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT key FROM stale_mirrors WHERE look_again_at <= ?1 OR look_again_at > ?2 ORDER BY look_again_at LIMIT ?3`,
    )
    .bind(nowMs, nowMs + LOOK_AGAIN_MS, SWEEP_LIMIT)
    .all<{ key: string }>();
  return results.map(({ key }) => key);
}

/** What fails stays noted and says so each time. Never rejects for the bucket. */
export async function sweepMirrors(env: MirrorEnv, nowMs: number): Promise<void> {
  const due = await dueMirrors(env.CATALOG, nowMs);
  const startedMs = Date.now();
  const goesOn = () => Date.now() - startedMs < SWEEP_MS;
  await inGroups(due, AT_ONCE, (key) => rewrite(env, key, nowMs), goesOn);
}

async function rewrite(env: MirrorEnv, key: string, nowMs: number): Promise<void> {
  try {
    await rewriteMirror(env.CATALOG, env.MEDIA, mirrorOf(env, key, nowMs));
  } catch (error) {
    log.error({ event: 'mirror_stale', key, reason: String(error) });
  }
}
