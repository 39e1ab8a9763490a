/** Touches a file for a container's health check at each call of the Worker, answered or not. */
import { writeFileSync } from 'node:fs';

/** The health check allows minutes. */
const WRITE_EVERY_MS = 5_000;

/** Returns a function to call at each request to the Worker. Without a path it does nothing. */
export function createPulse(path: string | undefined, now: () => number = () => performance.now()): () => void {
  let writtenAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (path === undefined || now() - writtenAt < WRITE_EVERY_MS) {
      return;
    }
    writtenAt = now();
    try {
      writeFileSync(path, `${new Date().toISOString()}\n`, { mode: 0o600 });
    } catch {
      // The disk is full or gone: the file gets old, and the health check fails.
    }
  };
}
