/** The asset behind a link or a session, as it is now. */

import { AppError } from '../errors.ts';
import type { Current } from '../media/presentation.ts';
import type { Isolate } from './isolate.ts';

/** The asset's current version. Throws AppError `asset_not_found`. */
export async function currentOf({ state }: Isolate, assetId: string, nowMs: number): Promise<Current> {
  const current = await state.current(assetId, nowMs);
  if (current === null) {
    throw new AppError('asset_not_found');
  }
  return current;
}

/** Throws AppError `asset_not_found` or `asset_disabled`: also ends sessions that are running. */
export async function requireEnabled(isolate: Isolate, assetId: string, nowMs: number): Promise<Current> {
  const current = await currentOf(isolate, assetId, nowMs);
  if (current.disabled) {
    throw new AppError('asset_disabled');
  }
  return current;
}
