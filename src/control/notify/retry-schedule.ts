/** When a delivery that failed is tried again, and when it is given up. Pure: chance is passed in. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A hiccup, a deployment, an outage, a weekend: 75 hours in all. */
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

/** A receiver that comes back is not met by everything it missed in one instant. */
const JITTER = 0.2;

/** Of all that a delivery waits for: what is due later was put there by a clock that has been set back. */
export const MAX_PAUSE_MS = 24 * HOUR * (1 + JITTER);

/** Milliseconds until the next attempt after so many; null: there is none. `chance` is 0–1. */
export function pauseAfter(attempts: number, chance: number): number | null {
  const pause = PAUSES_MS[attempts - 1];
  return pause === undefined ? null : Math.round(pause * (1 + JITTER * (2 * chance - 1)));
}

/** An endpoint at which nothing has succeeded for this long is disabled: longer than any one event is tried. */
export const DISABLE_AFTER_MS = 5 * 24 * HOUR;
