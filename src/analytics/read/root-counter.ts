/** Calls to the root of an asset's counters, which holds what all of its shards have reported. */

import { AppError } from '../../errors.ts';
import { log } from '../../platform/log.ts';
import type { CountersEnv } from '../counters-env.ts';
import { counterName, type ViewCounterApi } from '../facts.ts';

export const rootCounter = ({ VIEWS }: CountersEnv, assetId: string): ViewCounterApi =>
  VIEWS.get(VIEWS.idFromName(counterName(assetId, 0)));

/** A root that does not answer is `unavailable` to who asked, never zeros. */
export async function askRoot<T>(
  env: CountersEnv,
  assetId: string,
  ask: (root: ViewCounterApi) => Promise<T>,
): Promise<T> {
  try {
    return await ask(rootCounter(env, assetId));
  } catch (cause) {
    log.error({ event: 'views_unanswered', assetId, reason: String(cause) });
    throw new AppError('unavailable', { cause });
  }
}
