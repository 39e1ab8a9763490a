/** A beacon: what a player behind another CDN says it has fetched, and how much of it is plausible. Pure. */
import { z } from 'zod';
import { MAX_SESSION_TOKEN_LENGTH } from '../../access/session-tokens.ts';
import type { SessionViews } from '../../access/sessions.ts';
import { trackIdSchema } from '../../media/ids.ts';
import { MAX_SEGMENTS_PER_TRACK } from '../../media/limits.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { segmentDurationMs } from '../view-rule.ts';

/** A token of 4 KB and 256 runs fit. */
export const MAX_BEACON_BYTES = 8 * 1024;
const MAX_BEACON_RUNS = 256;
/** Players fetch ahead of what they show, and play at most at four times the speed. */
const SPEED_MAX = 4;
const AHEAD_MS = 120_000;
/** For what sessions have been credited with: a bit for each segment, 2.7 KB for a 12-hour film, and SESSION_BYTES. */
const REMEMBERED_BYTES = 4 * 1024 * 1024;
const SESSION_BYTES = 128;

const segmentNumber = z.int().min(1).max(MAX_SEGMENTS_PER_TRACK);

export const beaconSchema = z.strictObject({
  /** The credential: what follows `/s/` in the session's addresses. */
  session: z.string().min(1).max(MAX_SESSION_TOKEN_LENGTH),
  /** The player's own number of the beacon, for its logs. */
  sequence: z.int().min(0),
  track: trackIdSchema,
  /** First and last numbers, both included. */
  segments: z
    .array(z.tuple([segmentNumber, segmentNumber]).refine(([first, last]) => first <= last, 'must ascend'))
    .min(1)
    .max(MAX_BEACON_RUNS),
});
export type Beacon = z.infer<typeof beaconSchema>;

/** Each once and ascending, however often the runs name it. So 256 runs of a whole film are no more work than one. */
export function numbersOf({ segments }: Pick<Beacon, 'segments'>): number[] {
  const numbers: number[] = [];
  let next = 1;
  for (const [first, last] of [...segments].sort(([a], [b]) => a - b)) {
    for (next = Math.max(next, first); next <= last; next += 1) {
      numbers.push(next);
    }
  }
  return numbers;
}

/**
 * What the beacons of each session have claimed so far, as this isolate knows it. A client that spreads beacons over
 * isolates may claim more, but no more than it may fetch: the session's token allows that at any speed.
 */
export class BeaconCredits {
  readonly #credited = new LruMap<string, Uint8Array>(REMEMBERED_BYTES);

  /** Whether the session can have come so far by now. If so, it is remembered, and claiming it again is free. */
  take(sessionId: string, views: SessionViews, numbers: Iterable<number>, nowMs: number): boolean {
    const { measure, startedAtSeconds } = views;
    const bits = this.#credited.get(sessionId)?.slice() ?? new Uint8Array(Math.ceil((measure.segments + 1) / 8));
    for (const number of numbers) {
      bits[number >> 3] = (bits[number >> 3] ?? 0) | (1 << (number & 7));
    }
    const allowedMs = Math.max(0, nowMs - startedAtSeconds * 1000) * SPEED_MAX + AHEAD_MS;
    let creditedMs = 0;
    for (let number = 1; number <= measure.segments; number += 1) {
      if (((bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0) {
        creditedMs += segmentDurationMs(measure, number);
      }
    }
    if (creditedMs <= allowedMs) {
      this.#credited.set(sessionId, bits, bits.byteLength + SESSION_BYTES);
    }
    return creditedMs <= allowedMs;
  }
}
