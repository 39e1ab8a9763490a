/** Exact fractions for frame rates, time bases and aspect ratios. Floats would drift over a two-hour film. */
import { z } from 'zod';
import { MAX_TIMESCALE } from './limits.ts';

const part = z.int().min(1).max(MAX_TIMESCALE);
/** A positive fraction, `num / den`. */
export const fractionSchema = z.strictObject({ num: part, den: part });
export type Fraction = z.infer<typeof fractionSchema>;

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** The fraction in lowest terms. Throws TypeError unless both are positive integers. */
export function reduceFraction(num: number, den: number): Fraction {
  if (!Number.isSafeInteger(num) || !Number.isSafeInteger(den) || num < 1 || den < 1) {
    throw new TypeError(`not a positive fraction: ${num}/${den}`);
  }
  const divisor = greatestCommonDivisor(num, den);
  return { num: num / divisor, den: den / divisor };
}

export const fractionToNumber = ({ num, den }: Fraction): number => num / den;
