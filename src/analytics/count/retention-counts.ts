/** Retention curves of all shards of an asset, as one. Pure. */
import type { Retention } from '../facts.ts';

type Part = Retention & { lastSeenMs: number };

/** Of the version and measure seen last, of those that the shards name; null where they name none. */
export function sumRetention(shards: readonly (readonly Part[])[]): Retention | null {
  const parts = shards.flat();
  const latest = parts.reduce<Part | null>(
    (best, part) => (best !== null && best.lastSeenMs >= part.lastSeenMs ? best : part),
    null,
  );
  if (latest === null) {
    return null;
  }
  const { version, measure } = latest;
  const counts = new Array<number>(measure.segments).fill(0);
  let sessions = 0;
  for (const part of parts) {
    if (part.version === version && isSame(part.measure, measure)) {
      sessions += part.sessions;
      for (const [index, count] of part.counts.entries()) {
        counts[index] = (counts[index] ?? 0) + count;
      }
    }
  }
  return { version, measure, sessions, counts };
}

const isSame = (a: Retention['measure'], b: Retention['measure']): boolean =>
  a.segmentMs === b.segmentMs && a.segments === b.segments && a.durationMs === b.durationMs;
