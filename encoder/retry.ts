/** Repeats what failed for reasons that pass: growing pauses with jitter, a bound on tries, and an ear for cancellation. */
import { setTimeout as pause } from 'node:timers/promises';

/** 0.2, 0.4, 0.8, 1.6, 3.2 s (each ± half): rides out a restart of the Worker or a hiccup of the bucket. */
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 10_000;
export const DEFAULT_TRIES = 6;

/** Thrown by `attempt` for what trying again cannot mend; `cause` is what the caller gets. */
export class FinalError extends Error {
  override readonly name = 'FinalError';
}

export async function retry<T>(
  attempt: () => Promise<T>,
  options: { signal: AbortSignal; tries?: number },
): Promise<T> {
  const tries = options.tries ?? DEFAULT_TRIES;
  for (let made = 1; ; made++) {
    options.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof FinalError) {
        throw error.cause;
      }
      if (made >= tries || options.signal.aborted) {
        throw error;
      }
      const longest = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (made - 1));
      await pause(longest * (0.5 + Math.random()), undefined, { signal: options.signal });
    }
  }
}
