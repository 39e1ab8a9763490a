/** Repeats what failed for reasons that pass: growing pauses with jitter, a bound on tries, and an ear for cancellation. */
import { setTimeout as pause } from 'node:timers/promises';

/**
 * 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10 s (each ± half): at least 16 s, longer than a restart of the local bucket on a busy
 * machine or a hiccup of the real one. What would be given up is a chunk that is already encoded.
 */
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 10_000;
export const DEFAULT_TRIES = 9;

/** How long and how often to try; what is left out is as above. */
export type RetryPolicy = { tries?: number; firstPauseMs?: number };

/** Thrown by `attempt` for what trying again cannot mend; `cause` is what the caller gets. */
export class FinalError extends Error {
  override readonly name = 'FinalError';
}

/** Throws what the last try threw, or the reason of `signal`, which also ends a pause. */
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
      const longest = Math.min(MAX_PAUSE_MS, firstPauseMs * 2 ** (made - 1));
      await pause(longest * (0.5 + Math.random()), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
