/** Publishes what has changed of an asset's tracks and chapters as the next revision of the version that plays. */

import { findAsset } from '../../catalog/assets.ts';
import { clearStale, SELECT_STALE, staleMark } from '../../catalog/revisions.ts';
import { sweepDue } from '../../catalog/sweep.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { publishOverlay } from '../encoding/publish/publish.ts';
import { applyTracks } from './apply-tracks.ts';
import { TextPacks } from './text-packs.ts';

/** Notes are due a minute after the change. */
const LONGEST_MS = 60_000;

/** For the call that changed the rows. Never rejects: a failure is logged, and the asset stays noted. */
export async function tryRevise(env: Bindings, assetId: string): Promise<void> {
  try {
    await revise(env, assetId);
  } catch (error) {
    log.warn({ event: 'revision_stale', asset: assetId, reason: String(error) });
  }
}

export const sweepRevisions = (env: Bindings, nowMs: number): Promise<void> =>
  sweepDue(env.CATALOG, SELECT_STALE, LONGEST_MS, nowMs, (assetId) => tryRevise(env, assetId));

/** Publishes nothing where nothing has changed. Rows of an asset that has no version wait for its encode. */
async function revise(env: Bindings, assetId: string): Promise<void> {
  // Before the rows are read: a later change sets a new mark.
  const mark = await staleMark(env.CATALOG, assetId);
  const version = (await findAsset(env.CATALOG, assetId))?.current_version ?? null;
  if (version !== null) {
    const ref = { assetId, version };
    const packs = new TextPacks(env.MEDIA, ref);
    await publishOverlay(env, ref, (base) => applyTracks(env, packs, base, base));
  }
  if (mark !== null) {
    await clearStale(env.CATALOG, assetId, mark);
  }
}
