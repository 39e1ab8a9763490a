/** Calls to the root of an asset's counters, which sums up all of its shards. */

import { AppError } from '../../errors.ts';
import { log } from '../../platform/log.ts';
import type { CountersEnv } from '../counters-env.ts';
import { counterName, type ViewCounterApi } from '../facts.ts';

export const rootCounter = ({ VIEWS }: CountersEnv, assetId: string): ViewCounterApi =>
  VIEWS.get(VIEWS.idFromName(counterName(assetId, 0)));

/** Throws AppError `unavailable` if the root does not answer: never zeros. */
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
