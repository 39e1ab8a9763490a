/** Frame rate and length of a film, from the presentation times of all frames. Pure. */
import { type Fraction, fractionToNumber, reduceFraction } from '../../src/media/fraction.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';

type FrameTiming = Pick<VideoFacts, 'frameRate' | 'variableFrameRate' | 'frameCount' | 'durationSeconds'>;

export type PacketTime = { ticks: number; durationTicks: number };

/** Rates that cameras, film and broadcast use. */
const STANDARD_RATES: readonly Fraction[] = [
  ...[10, 12, 15, 24, 25, 30, 48, 50, 60, 100, 120, 240].map((num) => ({ num, den: 1 })),
  ...[12_000, 15_000, 24_000, 30_000, 48_000, 60_000, 120_000, 240_000].map((num) => ({ num, den: 1001 })),
];
/** 23.976 and 24 fps are 0.1 % apart. The rounding of a container is far smaller than this. */
const SAME_RATE = 0.0002;
/** A variable rate becomes a standard rate that is this near. Phones are off by a percent or two. */
const SIMILAR_RATE = 0.02;
/** Frames of a constant rate lie nearer to their own place on the grid than to the next, as `fps=round=near` needs. */
const GRID_TOLERANCE = 0.45;
/** In places. On a millisecond clock, 119.88 fps is 0.06 off its own grid and within a second further off that of 120. */
const FAR_BETTER = 0.1;
/** Frames of a jittering but steady rate are less than this many places off, and do not drift. */
const JITTER_PLACES = 1;
const MIN_RATE = 0.01;
const MAX_RATE = 240;
const FALLBACK_RATE: Fraction = { num: 25, den: 1 };

function nearestStandard(framesPerSecond: number, tolerance: number): Fraction | undefined {
  const distance = (rate: Fraction): number => Math.abs(fractionToNumber(rate) / framesPerSecond - 1);
  const [best] = STANDARD_RATES.toSorted((a, b) => distance(a) - distance(b));
  return best !== undefined && distance(best) <= tolerance ? best : undefined;
}

const isUsable = (framesPerSecond: number): boolean => framesPerSecond >= MIN_RATE && framesPerSecond <= MAX_RATE;

/** How far frames lie from their places n / rate, in places. `times` ascending, in seconds from the first frame. */
function offsetsFrom(times: readonly number[], rate: Fraction): { earliest: number; latest: number; farthest: number } {
  const framesPerSecond = fractionToNumber(rate);
  let [earliest, latest] = [0, 0];
  for (const [index, seconds] of times.entries()) {
    const places = seconds * framesPerSecond - index;
    earliest = Math.min(earliest, places);
    latest = Math.max(latest, places);
  }
  return { earliest, latest, farthest: Math.max(-earliest, latest) };
}

/** The first rate that fits, or a standard one that fits far better: a short film may fit 119.88 and 120 fps. */
function bestFitting(times: readonly number[], rates: readonly Fraction[]): Fraction | undefined {
  const fits = rates.map((rate) => ({ rate, off: offsetsFrom(times, rate).farthest }));
  const first = fits.find(({ off }) => off < GRID_TOLERANCE);
  const [standard] = fits
    .filter(({ rate }) => STANDARD_RATES.some(({ num, den }) => num * rate.den === den * rate.num))
    .toSorted((a, b) => a.off - b.off);
  const isBetter = first !== undefined && standard !== undefined && standard.off < first.off - FAR_BETTER;
  return isBetter ? standard.rate : first?.rate;
}

/** Whether the frames only jitter about this rate. */
function jittersAbout(times: readonly number[], rate: Fraction): boolean {
  const { earliest, latest } = offsetsFrom(times, rate);
  return latest - earliest < 2 * JITTER_PLACES;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** A variable rate is not known better than to three decimals, and they keep the fraction small. */
const approximate = (framesPerSecond: number): Fraction =>
  reduceFraction(Math.max(1, Math.round(framesPerSecond * 1000)), 1000);

/** The median distance of frames gives the rate if frames are missing, the average if they are only unsteady. */
function variableRate(times: readonly number[], gaps: readonly number[], averageRate: number): Fraction {
  const rates = [1 / median(gaps), averageRate]
    .filter(isUsable)
    .map((framesPerSecond) => nearestStandard(framesPerSecond, SIMILAR_RATE) ?? approximate(framesPerSecond));
  return rates.find((rate) => jittersAbout(times, rate)) ?? rates[0] ?? FALLBACK_RATE;
}

/**
 * `packets`: the frames that are shown, in any order, at least one. `claimed`: the rates that the container gives, best
 * guess first. A claim counts only if every frame lies on its grid.
 */
export function deriveFrameTiming(
  packets: readonly PacketTime[],
  timeBase: Fraction,
  claimed: readonly Fraction[],
): FrameTiming {
  const tickSeconds = fractionToNumber(timeBase);
  const ordered = packets.toSorted((a, b) => a.ticks - b.ticks);
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
