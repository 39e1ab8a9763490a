/**
 * Says, by the time of a file, that this encoder still calls the Worker: all that a container's health check can see from
 * outside. An unreachable Worker does not stop it, since a restart of the encoder would mend nothing then.
 */
import { writeFileSync } from 'node:fs';

/** Often enough for a check that allows minutes, seldom enough to cost nothing. */
const WRITE_EVERY_MS = 5_000;

/** A function to call at each call of the Worker; without a path it does nothing. */
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
      // A full or lost disk: the file gets old, and the check says so.
    }
  };
}
