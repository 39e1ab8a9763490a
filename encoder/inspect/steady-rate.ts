/** Whether all frames of a film come at a constant rate, one for each place. Pure. */
import { type Fraction, fractionToNumber } from '../../src/media/fraction.ts';
import { LEAST_SLOTS_APART } from '../../src/media/frame-slots.ts';
import { MAX_FRAME_RATE } from '../../src/media/limits.ts';
import { distanceOf, isStandard, measuredRate, STANDARD_RATES, withStandards } from './rates.ts';

/** Ascending, in ticks from the first frame. */
export type FrameTimes = { ticks: readonly number[]; timeBase: Fraction };

/** Frames of a constant rate lie nearer to their own place on the grid than to the next, as `fps=round=near` needs. */
const GRID_TOLERANCE = 0.45;
/** Frames are put on their places, and a larger shift would show on lips. It is less than the tolerance below 18 fps. */
const MAX_MOVED_SECONDS = 0.025;
/** In places. On a millisecond clock, 119.88 fps is 0.06 off its own grid and within a second further off that of 120. */
const FAR_BETTER = 0.1;
/** The average of a short film that is not quite steady, such as film with repeated fields, is so near its rate. */
const NEAR_AVERAGE = 0.02;

/** Where several frames make one of the version, the rounding of a coarse clock does no harm. */
function toleranceOf(rate: Fraction, tickSeconds: number): number {
  const framesPerSecond = fractionToNumber(rate);
  return framesPerSecond > 2 * MAX_FRAME_RATE
    ? GRID_TOLERANCE + tickSeconds * framesPerSecond
    : Math.min(GRID_TOLERANCE, MAX_MOVED_SECONDS * framesPerSecond);
}

/**
 * `off`: how far frames are early and late together, in places n / rate, at most. `pushed`: how far they lie from their
 * places after the grid has moved those that are too near to the frame before. `bias`: the first place after the first frame.
 */
export type Fit = { rate: Fraction; off: number; pushed: number; bias: number };

function fitOf({ ticks, timeBase }: FrameTimes, rate: Fraction): Fit {
  const placesPerTick = fractionToNumber(timeBase) * fractionToNumber(rate);
  let place = Number.NEGATIVE_INFINITY;
  let [earliest, latest, lowest, highest] = [0, 0, 0, 0];
  for (const [index, tick] of ticks.entries()) {
    const own = tick * placesPerTick;
    place = Math.max(own, place + LEAST_SLOTS_APART);
    earliest = Math.min(earliest, own - index);
    latest = Math.max(latest, own - index);
    lowest = Math.min(lowest, place - index);
    highest = Math.max(highest, place - index);
    // No tolerance is as large.
    if (highest - lowest >= 2) {
      break;
    }
  }
  const [off, pushed] = [latest - earliest, Math.max(-lowest, highest)];
  // Of a film that was joined, the second part may lie between the places of the first: the grid is put between both.
  const isWithin = pushed < toleranceOf(rate, fractionToNumber(timeBase));
  return isWithin
    ? { rate, off, pushed, bias: 0 }
    : { rate, off, pushed: (highest - lowest) / 2, bias: (highest + lowest) / 2 };
}

/** The first, or a standard rate that fits far better: a short film may fit 119.88 and 120 fps. */
export function bestOf<T extends Pick<Fit, 'rate' | 'off'>>(fits: readonly T[]): T | undefined {
  const [first] = fits;
  const [standard] = fits.filter(({ rate }) => isStandard(rate)).toSorted((a, b) => a.off - b.off);
  const isBetter = first !== undefined && standard !== undefined && standard.off < first.off - FAR_BETTER;
  return isBetter ? standard : first;
}

/**
 * The constant rate, if there is one: a claimed rate, a standard rate near the average, or the average. A claim counts
 * only if every frame lies on its grid.
 */
export function steadyRate(times: FrameTimes, claimed: readonly Fraction[]): Fit | undefined {
  const { ticks, timeBase } = times;
  const tickSeconds = fractionToNumber(timeBase);
  const average = (ticks.length - 1) / ((ticks.at(-1) ?? 0) * tickSeconds);
  const fit = (rate: Fraction): Fit => fitOf(times, rate);
  const measured = withStandards(measuredRate(average)).map(fit);
  const leastOff = Math.min(...measured.map(({ off }) => off));
  const near = STANDARD_RATES.filter((rate) => distanceOf(rate, average) <= NEAR_AVERAGE)
    .map(fit)
    .filter(({ off }) => off < leastOff + FAR_BETTER)
    .toSorted((a, b) => a.off - b.off);
  const fits = [...withStandards(claimed).map(fit), ...near, ...measured];
  return bestOf(fits.filter(({ rate, pushed }) => pushed < toleranceOf(rate, tickSeconds)));
}
