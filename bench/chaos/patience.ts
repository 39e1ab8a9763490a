/** Calls of a Worker that may be away for a while. */
import { setTimeout as pause } from 'node:timers/promises';

/** The Worker is away while it restarts. */
const PATIENCE_MS = 60_000;
export const CALL_TIMEOUT_MS = 5_000;
const POLL_MS = 100;

/** Asks again until there is an answer. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) {
        throw error;
      }
      await pause(POLL_MS);
    }
  }
}
