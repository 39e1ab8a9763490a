/** Ticks → decimal seconds, exactly. Integer arithmetic: a float sum drifts over the thousands of segments of a film. */

const MICROSECONDS = 1_000_000;

/** Whole microseconds of `ticks / timescale` seconds; `ticks` are a whole number, not negative. */
export function microsecondsOf(ticks: number, timescale: number, rounding: 'nearest' | 'up'): number {
  const scaled = ticks * MICROSECONDS + (rounding === 'up' ? timescale - 1 : Math.floor(timescale / 2));
  if (scaled < Number.MAX_SAFE_INTEGER) {
    // Remainders are exact, and so is the quotient of a multiple: half the time of a playlist was BigInt.
    return (scaled - (scaled % timescale)) / timescale;
  }
  const scale = BigInt(timescale);
  const add = rounding === 'up' ? scale - 1n : scale / 2n;
  return Number((BigInt(ticks) * BigInt(MICROSECONDS) + add) / scale);
}

/** `4004000` → `4.004000`. */
export function formatSeconds(microseconds: number): string {
  const whole = Math.floor(microseconds / MICROSECONDS);
  return `${whole}.${String(microseconds % MICROSECONDS).padStart(6, '0')}`;
}
