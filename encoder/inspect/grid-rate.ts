/** The grid for a film whose frames do not all come at a constant rate. Pure. */
import { type Fraction, fractionToNumber } from '../../src/media/fraction.ts';
import { nearestSlot } from '../../src/media/frame-slots.ts';
import { MAX_FRAME_RATE } from '../../src/media/limits.ts';
import { outputFrameRate } from '../../src/protocol/plan.ts';
import { distanceOf, isSame, isStandard, measuredRate, median, STANDARD_RATES, withStandards } from './rates.ts';
import { bestOf, type Fit, type FrameTimes } from './steady-rate.ts';

/** Frames of a constant rate of which some are missing lie so near to their places. Times are rounded to ticks besides. */
const ON_PLACE = 0.1;
/** A coarse clock must not make any rate fit. */
const MOST_OFF_PLACE = 0.3;
/** Film with repeated fields lies up to 0.25 places off its rate; 30 fps without every third frame 0.33 off 20 fps. */
const REGULAR = 0.3;
/** A gap of one place differs less than this from it. Repeated fields make gaps of 1.25 or 1.5. */
const NEXT_PLACE = 0.25;
/** 33 and 34 ms are. */
const ALIKE = 0.1;
/** If so many frames follow the one before by one place, the others are missing. One of three missing gives 0.5. */
const LEAST_NEIGHBOURS = 0.4;
/** 29.97 and 30 fps are 0.1 % apart. */
const RELATED_RATE = 0.002;
/** A variable rate becomes a standard rate that is this near. Phones are off by a percent or two. */
const SIMILAR_RATE = 0.02;
/** Slides need no coarser grid, and each lasts as long as it should to within half a slot of this. */
const LEAST_UNEVEN_RATE = 10;
/** 60.01 tolerates a container that writes 60 fps as 60.0001. */
const MAX_GRID_RATE = MAX_FRAME_RATE + 0.01;
const HIGHEST_RATE: Fraction = { num: MAX_FRAME_RATE, den: 1 };
const FALLBACK_RATE: Fraction = { num: 25, den: 1 };

const onPlace = (rate: Fraction, { timeBase }: FrameTimes): number =>
  ON_PLACE + fractionToNumber(timeBase) * fractionToNumber(rate);

/** How far frames lie from the nearest places, in places. 1 where two have the same. */
function offNearest({ ticks, timeBase }: FrameTimes, rate: Fraction): number {
  const placesPerTick = fractionToNumber(timeBase) * fractionToNumber(rate);
  let last = -1;
  let farthest = 0;
  for (const tick of ticks) {
    const place = tick * placesPerTick;
    const nearest = Math.round(place);
    if (nearest === last) {
      return 1;
    }
    last = nearest;
    farthest = Math.max(farthest, Math.abs(place - nearest));
  }
  return farthest;
}

/** From each frame to the next, in places. */
function gapsOf({ ticks, timeBase }: FrameTimes, rate: Fraction): number[] {
  const placesPerTick = fractionToNumber(timeBase) * fractionToNumber(rate);
  return ticks.slice(1).map((tick, index) => (tick - (ticks[index] ?? 0)) * placesPerTick);
}

/** Whether the film has this rate but for frames that are missing. */
const isMostlySteady = (gaps: readonly number[]): boolean =>
  gaps.filter((places) => Math.abs(places - 1) < NEXT_PLACE).length >= LEAST_NEIGHBOURS * gaps.length;

/** How many places from a frame to the next are empty, for each pair. Nothing where the rate is not steady between holes. */
export function emptyPlaces(times: FrameTimes, rate: Fraction): number[] {
  const gaps = gapsOf(times, rate);
  return isMostlySteady(gaps) ? gaps.map((places) => Math.max(0, Math.floor(places + NEXT_PLACE) - 1)) : [];
}

/** The times of frames that share the slot of the frame before. */
export function* collisions({ ticks, timeBase }: FrameTimes, rate: Fraction): Generator<number> {
  let last = -1;
  for (const tick of ticks) {
    const slot = nearestSlot(tick, rate, timeBase);
    if (slot === last) {
      yield tick;
    }
    last = slot;
  }
}

/** Rates in ascending order. */
type Candidates = { rates: readonly Fraction[]; isClaimed: (rate: Fraction) => boolean };

/** A rate on whose places all frames lie, many of them next to each other. */
function rateWithMissing(times: FrameTimes, { rates, isClaimed }: Candidates): Fraction | undefined {
  const fits = rates
    .map((rate) => ({ rate, off: offNearest(times, rate) }))
    .filter(({ rate, off }) => off < Math.min(MOST_OFF_PLACE, onPlace(rate, times)))
    .filter(({ rate }) => isMostlySteady(gapsOf(times, rate)));
  const lowest = fractionToNumber(fits[0]?.rate ?? FALLBACK_RATE);
  const related = fits
    .filter(({ rate }) => distanceOf(rate, lowest) < RELATED_RATE)
    .toSorted((a, b) => Number(isClaimed(b.rate)) - Number(isClaimed(a.rate)) || a.off - b.off);
  return bestOf(related)?.rate;
}

/** The lowest rate up to 60 fps at which no two frames share a slot, or one that is similar and likelier. */
function lowestDistinct(times: FrameTimes, { rates, isClaimed }: Candidates, natural: number): Fraction | undefined {
  const distinct = rates
    .filter((rate) => fractionToNumber(rate) >= LEAST_UNEVEN_RATE && fractionToNumber(rate) <= MAX_GRID_RATE)
    .filter((rate) => collisions(times, outputFrameRate(rate)).next().done === true);
  const lowest = fractionToNumber(distinct[0] ?? FALLBACK_RATE);
  const rankOf = (rate: Fraction): number => (isStandard(rate) ? 2 : 0) + (isClaimed(rate) ? 1 : 0);
  const [best] = distinct
    .filter((rate) => distanceOf(rate, lowest) <= SIMILAR_RATE)
    .toSorted((a, b) => rankOf(b) - rankOf(a) || distanceOf(a, natural) - distanceOf(b, natural));
  return best;
}

/** The rate of the most frames. A coarse clock rounds single gaps, so it is that of all which are like the median. */
function usualRate(gapSeconds: readonly number[]): number {
  const middle = median(gapSeconds);
  const alike = gapSeconds.filter((seconds) => Math.abs(seconds / middle - 1) < ALIKE);
  return alike.length / alike.reduce((sum, seconds) => sum + seconds, 0);
}

/** The rate of the grid, and whether each frame has the place of its number. */
type GridRate = { rate: Fraction; isSteady: boolean };

/** `steady`: the constant rate to which the film can be moved, if any. */
export function gridRate(times: FrameTimes, claims: readonly Fraction[], steady: Fit | undefined): GridRate {
  const lastTick = times.ticks.at(-1) ?? 0;
  const isRegular = ({ rate, off }: Fit): boolean =>
    off <= onPlace(rate, times) || (off <= REGULAR && isStandard(rate));
  if (steady !== undefined && (lastTick === 0 || isRegular(steady))) {
    return { rate: steady.rate, isSteady: true };
  }
  const claimed = withStandards(claims);
  if (lastTick === 0) {
    return { rate: claimed[0] ?? FALLBACK_RATE, isSteady: false };
  }
  const natural = usualRate(gapsOf(times, { num: 1, den: 1 }));
  const average = (times.ticks.length - 1) / (lastTick * fractionToNumber(times.timeBase));
  const rates = [...claimed, ...withStandards([natural, average].flatMap(measuredRate)), ...STANDARD_RATES]
    .filter((rate, index, all) => all.findIndex((other) => isSame(other, rate)) === index)
    .toSorted((a, b) => fractionToNumber(a) - fractionToNumber(b));
  const candidates = { rates, isClaimed: (rate: Fraction) => claimed.some((claim) => isSame(claim, rate)) };
  const withMissing = rateWithMissing(times, candidates);
  if (withMissing === undefined && steady !== undefined) {
    return { rate: steady.rate, isSteady: true };
  }
  return { rate: withMissing ?? lowestDistinct(times, candidates, natural) ?? HIGHEST_RATE, isSteady: false };
}
