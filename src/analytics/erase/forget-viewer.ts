/** What of a viewer is kept, and the names that it is kept under: nothing is kept under the viewer's own id. */

import type { ConcurrencyEnv } from '../../access/concurrency/concurrency-limiter.ts';
import { fingerprint } from '../../access/revocations.ts';
import { type ViewerHashConfig, ViewerHasher } from '../viewer-hash.ts';
import { requestErasure } from './erasure-store.ts';
import { type ErasureEnv, type ErasureProgress, runErasure } from './erasures.ts';

/** The object that limits the viewer's sessions (delivery/concurrency-limit.ts); one that was never used is not made. */
const clearSessionSlots = ({ CONCURRENCY }: ConcurrencyEnv, viewerFingerprint: string): Promise<boolean> =>
  CONCURRENCY.get(CONCURRENCY.idFromName(viewerFingerprint)).clear();

export type Forgotten = ErasureProgress & { streams: number };

/**
 * Throws what an object throws; by then the request stands, and is gone on with by the sweep. What the viewer's players
 * have on its way at this moment is met by a second pass, twelve minutes later.
 */
export async function forgetViewer(
  env: ErasureEnv & ConcurrencyEnv,
  viewer: string,
  config: ViewerHashConfig,
  nowMs: number,
): Promise<Forgotten> {
  // Made anew: one that stays would remember the viewer.
  const hasher = new ViewerHasher(config);
  const nowSeconds = nowMs / 1000;
  const viewerFingerprint = await fingerprint('viewer', viewer);
  // By the id itself: as counters knew the viewers of sessions whose tokens still showed it.
  const hashes = [...(await hasher.allOf(viewerFingerprint, nowSeconds)), ...(await hasher.allOf(viewer, nowSeconds))];
  const id = `viewer:${await hasher.hash(viewerFingerprint, nowSeconds)}`;
  await requestErasure(env.CATALOG, { id, kind: 'viewer', subject: JSON.stringify(hashes) }, nowMs).run();
  const streams = Number(await clearSessionSlots(env, viewerFingerprint));
  // Null: a sweep is at it at this very moment.
  const progress = (await runErasure(env, id, nowMs)) ?? { assets: 0, sessions: 0, complete: false };
  return { ...progress, streams };
}
