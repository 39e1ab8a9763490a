/** From the presentation times of all frames: is the rate constant, which is it, how long is the film. Pure. */
import { type Fraction, fractionToNumber, reduceFraction } from '../../src/media/fraction.ts';

export type FrameTiming = {
  frameRate: Fraction;
  variableFrameRate: boolean;
  frameCount: number;
  durationSeconds: number;
};

export type PacketTime = { ticks: number; durationTicks: number };

/** Rates that cameras, film and broadcast use. */
const STANDARD_RATES: readonly Fraction[] = [
  ...[10, 12, 15, 24, 25, 30, 48, 50, 60, 100, 120, 240].map((num) => ({ num, den: 1 })),
  ...[12_000, 15_000, 24_000, 30_000, 48_000, 60_000, 120_000, 240_000].map((num) => ({ num, den: 1001 })),
];
/** 23.976 and 24 are 0.1 % apart; what a container writes of either is far closer than this. */
const SAME_RATE = 0.0002;
/** A variable rate is put on the nearest rate that exists where it is nearly one; phones wander by a percent or two. */
const SIMILAR_RATE = 0.02;
/** Frames of a constant rate lie nearer to their own place on the grid than to the next; `fps=round=near` sorts them so. */
const GRID_TOLERANCE = 0.45;
/** Places: what a clock of milliseconds makes of 119.88 fps is 0.06 off, of 120 more than this within a second. */
const FAR_BETTER = 0.1;
/** Jitter: frames of a steady rate, each less than this many places off, none drifting away for good. */
const JITTER_PLACES = 1;
const MIN_RATE = 0.01;
const MAX_RATE = 240;
const FALLBACK_RATE: Fraction = { num: 25, den: 1 };

function nearestStandard(framesPerSecond: number, tolerance: number): Fraction | undefined {
  const distance = (rate: Fraction): number => Math.abs(fractionToNumber(rate) / framesPerSecond - 1);
  const [best] = [...STANDARD_RATES].sort((a, b) => distance(a) - distance(b));
  return best !== undefined && distance(best) <= tolerance ? best : undefined;
}

const isUsable = (framesPerSecond: number): boolean => framesPerSecond >= MIN_RATE && framesPerSecond <= MAX_RATE;

/** How far a frame lies from its place n / rate, at most, in places. `times` ascending, in seconds from the first. */
function farthestOff(times: readonly number[], rate: Fraction): number {
  const framesPerSecond = fractionToNumber(rate);
  return times.reduce((most, seconds, index) => Math.max(most, Math.abs(seconds * framesPerSecond - index)), 0);
}

const liesOnGrid = (times: readonly number[], rate: Fraction): boolean => farthestOff(times, rate) < GRID_TOLERANCE;

/**
 * The first of these whose grid the frames lie on; a standard rate further on where it fits far better, as the rates of a
 * short film at 119.88 and 120 fps both do, and its container may claim either.
 */
function bestFitting(times: readonly number[], rates: readonly Fraction[]): Fraction | undefined {
  const first = rates.find((rate) => liesOnGrid(times, rate));
  if (first === undefined) {
    return undefined;
  }
  const standard = rates
    .filter((rate) => STANDARD_RATES.some(({ num, den }) => num * rate.den === den * rate.num))
    .map((rate) => ({ rate, off: farthestOff(times, rate) }))
    .toSorted((a, b) => a.off - b.off)[0];
  return standard !== undefined && standard.off < farthestOff(times, first) - FAR_BETTER ? standard.rate : first;
}

/** True where the frames only jitter about this rate: their distance from n / rate stays within bounds. */
function jittersAbout(times: readonly number[], rate: Fraction): boolean {
  const framesPerSecond = fractionToNumber(rate);
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (const [index, seconds] of times.entries()) {
    const places = seconds * framesPerSecond - index;
    earliest = Math.min(earliest, places);
    latest = Math.max(latest, places);
  }
  return latest - earliest < 2 * JITTER_PLACES;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Three decimals are what a variable rate is known to, and keep the fraction small. */
const approximate = (framesPerSecond: number): Fraction =>
  reduceFraction(Math.max(1, Math.round(framesPerSecond * 1000)), 1000);

/** The usual distance of two frames tells the rate where frames are missing, the average where they are only unsteady. */
function variableRate(times: readonly number[], gaps: readonly number[], averageRate: number): Fraction {
  const rates = [1 / median(gaps), averageRate]
    .filter(isUsable)
    .map((framesPerSecond) => nearestStandard(framesPerSecond, SIMILAR_RATE) ?? approximate(framesPerSecond));
  return rates.find((rate) => jittersAbout(times, rate)) ?? rates[0] ?? FALLBACK_RATE;
}

/**
 * `packets`: the frames that are shown, in any order, at least one. `claimed`: what the container says of its rate, best
 * guess first; each is believed only if every frame lies on its grid.
 */
export function deriveFrameTiming(
  packets: readonly PacketTime[],
  timeBase: Fraction,
  claimed: readonly Fraction[],
): FrameTiming {
  const tickSeconds = fractionToNumber(timeBase);
  const ordered = [...packets].sort((a, b) => a.ticks - b.ticks);
  const originTicks = ordered[0]?.ticks ?? 0;
  const times = ordered.map(({ ticks }) => (ticks - originTicks) * tickSeconds);
  const gaps = times.slice(1).map((seconds, index) => seconds - (times[index] ?? 0));
  const lastSeconds = times.at(-1) ?? 0;
  const averageRate = gaps.length / lastSeconds;
  const frameCount = packets.length;

  const candidates = [...claimed, ...(lastSeconds > 0 ? [approximate(averageRate)] : [])].filter((rate) =>
    isUsable(fractionToNumber(rate)),
  );
  const rates = candidates.flatMap((candidate) => {
    const standard = nearestStandard(fractionToNumber(candidate), SAME_RATE);
    return standard === undefined ? [candidate] : [standard, candidate];
  });
  const steady = bestFitting(times, rates);
  if (steady !== undefined) {
    const durationSeconds = frameCount / fractionToNumber(steady);
    return { frameRate: steady, variableFrameRate: false, frameCount, durationSeconds };
  }
  const lastGap = (ordered.at(-1)?.durationTicks ?? 0) * tickSeconds;
  const frameRate = variableRate(times, gaps, averageRate);
  const endSeconds = lastSeconds + (lastGap > 0 ? lastGap : 1 / fractionToNumber(frameRate));
  return { frameRate, variableFrameRate: true, frameCount, durationSeconds: endSeconds };
}
