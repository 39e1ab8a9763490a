/** Frame rates that are known, and those that a source may have. Pure. */
import { type Fraction, fractionToNumber, reduceFraction } from '../../src/media/fraction.ts';

/** Rates that cameras, film and broadcast use. */
export const STANDARD_RATES: readonly Fraction[] = [
  ...[10, 12, 15, 24, 25, 30, 48, 50, 60, 100, 120, 240].map((num) => ({ num, den: 1 })),
  ...[12_000, 15_000, 24_000, 30_000, 48_000, 60_000, 120_000, 240_000].map((num) => ({ num, den: 1001 })),
];
/** 23.976 and 24 fps are 0.1 % apart. The rounding of a container is far smaller than this. */
const SAME_RATE = 0.0002;
const MIN_RATE = 0.01;
/** What a millisecond clock can tell apart. */
const MAX_RATE = 1000;

export const isUsable = (rate: Fraction): boolean =>
  fractionToNumber(rate) >= MIN_RATE && fractionToNumber(rate) <= MAX_RATE;

export const isSame = (a: Fraction, b: Fraction): boolean => a.num * b.den === b.num * a.den;
export const isStandard = (rate: Fraction): boolean => STANDARD_RATES.some((standard) => isSame(standard, rate));

/** How far apart two rates are, as a share of the second. */
export const distanceOf = (rate: Fraction, framesPerSecond: number): number =>
  Math.abs(fractionToNumber(rate) / framesPerSecond - 1);

/** Each rate, after the standard rate that it may be a rounding of. */
export const withStandards = (rates: readonly Fraction[]): Fraction[] =>
  rates.flatMap((rate) => {
    const near = STANDARD_RATES.filter((standard) => distanceOf(standard, fractionToNumber(rate)) <= SAME_RATE);
    return [...near, ...(near.some((standard) => isSame(standard, rate)) ? [] : [rate])];
  });

/** A measured rate is not known better than to three decimals, and they keep the fraction small. None: not usable. */
export function measuredRate(framesPerSecond: number): Fraction[] {
  if (!Number.isFinite(framesPerSecond)) {
    return [];
  }
  return [reduceFraction(Math.max(1, Math.round(framesPerSecond * 1000)), 1000)].filter(isUsable);
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
