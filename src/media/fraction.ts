/** Exact fractions for frame rates, time bases and aspect ratios; floats would drift over a two-hour film. */
import { z } from 'zod';

/** A positive fraction, `num / den`, both ≤ 2^31 so that products with a frame count stay exact integers. */
export const fractionSchema = z.strictObject({
  num: z
    .int()
    .min(1)
    .max(2 ** 31),
  den: z
    .int()
    .min(1)
    .max(2 ** 31),
});
export type Fraction = z.infer<typeof fractionSchema>;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The fraction in lowest terms. Throws TypeError unless both are positive integers. */
export function reduceFraction(num: number, den: number): Fraction {
  if (!Number.isSafeInteger(num) || !Number.isSafeInteger(den) || num < 1 || den < 1) {
    throw new TypeError(`not a positive fraction: ${num}/${den}`);
  }
  const divisor = greatestCommonDivisor(num, den);
  return { num: num / divisor, den: den / divisor };
}

export function fractionToNumber(fraction: Fraction): number {
  return fraction.num / fraction.den;
}
