/** What is kept of a viewer, and the names that it is kept under, which are never the viewer's own id. */

import type { ConcurrencyEnv } from '../../access/concurrency/concurrency-limiter.ts';
import { fingerprint } from '../../access/revocations.ts';
import { type ViewerHashConfig, ViewerHasher } from '../viewer-hash.ts';
import { requestErasure } from './erasure-store.ts';
import { type ErasureEnv, type ErasureProgress, runErasure } from './erasures.ts';

export type Forgotten = ErasureProgress & { streams: number };

/**
 * Throws what an object throws; by then the request stands, and the sweep continues it. A second pass twelve minutes later
 * removes what the viewer's players have on its way now.
 */
export async function forgetViewer(
  env: ErasureEnv & ConcurrencyEnv,
  viewer: string,
  config: ViewerHashConfig,
  nowMs: number,
): Promise<Forgotten> {
  // A new one: one that stays would remember the viewer.
  const hasher = new ViewerHasher(config);
  const nowSeconds = nowMs / 1000;
  const viewerFingerprint = await fingerprint('viewer', viewer);
  // By the id itself, too: tokens of earlier versions showed it, and counters hashed it.
  const hashes = [...(await hasher.allOf(viewerFingerprint, nowSeconds)), ...(await hasher.allOf(viewer, nowSeconds))];
  const id = `viewer:${await hasher.hash(viewerFingerprint, nowSeconds)}`;
  await requestErasure(env.CATALOG, { id, kind: 'viewer', subject: JSON.stringify(hashes) }, nowMs).run();
  // The object that limits the viewer's sessions (delivery/concurrency-limit.ts).
  const limiter = env.CONCURRENCY.get(env.CONCURRENCY.idFromName(viewerFingerprint));
  const streams = Number(await limiter.clear());
  // Null: a sweep is at it at this moment.
  const progress = (await runErasure(env, id, nowMs)) ?? { assets: 0, sessions: 0, complete: false };
  return { ...progress, streams };
}
