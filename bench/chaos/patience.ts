/** Calls of a Worker that may be unavailable for a while. */
import { setTimeout as pause } from 'node:timers/promises';

/** Longer than a restart of the Worker. */
const PATIENCE_MS = 60_000;
export const CALL_TIMEOUT_MS = 5_000;
const POLL_MS = 100;

/** Retries until a call succeeds. */
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
