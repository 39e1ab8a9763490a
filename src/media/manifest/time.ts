/** Ticks as decimal seconds, exactly: a sum of floats would drift over the thousands of segments of a film. */

const MICROSECONDS = 1_000_000;

/** `ticks / timescale` seconds in whole microseconds. `ticks` is a whole number, not negative. */
export function microsecondsOf(ticks: number, timescale: number, rounding: 'nearest' | 'up'): number {
  const scaled = ticks * MICROSECONDS + (rounding === 'up' ? timescale - 1 : Math.floor(timescale / 2));
  if (scaled < Number.MAX_SAFE_INTEGER) {
    // Exact, like BigInt, which took half the time of a playlist: remainders and quotients of multiples are exact.
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
