/** The ticks of a chart's axes and their labels. Times are UTC. Pure. */
import { type Resolution, STEP_MS } from './ranges.ts';

/** Round values from 0 to at least `max`, in about `wanted` steps. `isWhole` allows only whole numbers. */
export function valueTicks(max: number, wanted: number, isWhole: boolean): number[] {
  const least = isWhole ? 1 : 0.1;
  const rough = Math.max(max / wanted, least);
  const power = 10 ** Math.floor(Math.log10(rough) + 1e-9);
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough - 1e-9) ?? rough;
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  // Removes rounding errors of floats, such as 3 × 0.1.
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

const utc = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const CLOCK = utc({ hour: '2-digit', minute: '2-digit' });
const DAY = utc({ day: 'numeric', month: 'short' });
const DAY_AND_CLOCK = utc({ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const WHOLE_DAY = utc({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });

/** The full name of a point: `14:05`, `Fri 20 Nov, 14:00`, `Fri, 20 Nov 2026`. */
export const pointName = (startMs: number, resolution: Resolution): string =>
  ({ minute: CLOCK, hour: DAY_AND_CLOCK, day: WHOLE_DAY })[resolution].format(startMs);

/** The short label below the chart. On an axis of hours, midnight is shown as its day. */
export const tickName = (startMs: number, resolution: Resolution): string =>
  (resolution === 'day' || (resolution === 'hour' && startMs % STEP_MS.day === 0) ? DAY : CLOCK).format(startMs);

/** The indices of the points that get a label: round times, at most `labelsMax`. */
export function timeTicks(startsMs: readonly number[], resolution: Resolution, labelsMax: number): number[] {
  const steps = { minute: [15, 30, 60, 90], hour: [6, 12, 24], day: [5, 7, 10, 15] }[resolution];
  const every = steps.find((step) => startsMs.length / step <= labelsMax) ?? startsMs.length;
  const isRound = (startMs: number, index: number): boolean =>
    // Days are counted back from today.
    resolution === 'day' ? (startsMs.length - 1 - index) % every === 0 : (startMs / STEP_MS[resolution]) % every === 0;
  return startsMs.flatMap((startMs, index) => (isRound(startMs, index) ? [index] : []));
}
