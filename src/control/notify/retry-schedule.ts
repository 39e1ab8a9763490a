/** When a failed delivery is retried, and when it is given up. Pure: the random number is passed in. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** They outlast a deployment, an outage and a weekend: 75 hours in all. */
const PAUSES_MS = [
  5 * SECOND,
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** Spreads what a receiver gets when it comes back. */
const JITTER = 0.2;

/** The longest that a delivery waits. If it is due later than that, the clock has been set back since. */
export const MAX_RETRY_PAUSE_MS = 24 * HOUR * (1 + JITTER);

/** Milliseconds until the next attempt; null after the last one. `chance` is 0–1. */
export function pauseAfter(attempts: number, chance: number): number | null {
  const pause = PAUSES_MS[attempts - 1];
  return pause === undefined ? null : Math.round(pause * (1 + JITTER * (2 * chance - 1)));
}

/** An endpoint that has failed for this long is disabled. It is longer than any single event is retried. */
export const DISABLE_AFTER_MS = 5 * 24 * HOUR;
