/** Repeats a call that failed, with growing, jittered pauses and a limit on tries. */
import { setTimeout as pause } from 'node:timers/promises';

/**
 * 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10 s (each ± half): at least 16 s, longer than a restart of the local bucket on a busy
 * machine or a short outage of the real one. Giving up would lose a chunk that is already encoded.
 */
const FIRST_PAUSE_MS = 200;
const MAX_RETRY_PAUSE_MS = 10_000;
export const DEFAULT_TRIES = 9;

export type RetryPolicy = { tries?: number; firstPauseMs?: number };

/** Thrown by `attempt` if trying again cannot help. The caller gets `cause`. */
export class FinalError extends Error {
  override readonly name = 'FinalError';
}

/** Throws the error of the last try, or the reason of `signal`, which also ends a pause. */
export async function retry<T>(attempt: () => Promise<T>, options: RetryPolicy & { signal: AbortSignal }): Promise<T> {
  const { signal, tries = DEFAULT_TRIES, firstPauseMs = FIRST_PAUSE_MS } = options;
  for (let made = 1; ; made++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof FinalError) {
        throw error.cause;
      }
      if (made >= tries) {
        throw error;
      }
      const longest = Math.min(MAX_RETRY_PAUSE_MS, firstPauseMs * 2 ** (made - 1));
      await pause(longest * (0.5 + Math.random()), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
