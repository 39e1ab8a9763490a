import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fractionSchema, fractionToNumber, reduceFraction } from '../../../src/media/fraction.ts';

describe('a fraction', () => {
  test.each([
    [1, 1],
    [30_000, 1001],
    [2 ** 31, 2 ** 31],
  ])('may be %i/%i', (num, den) => {
    expect(fractionSchema.safeParse({ num, den }).success).toBe(true);
  });

  test.each([
    ['zero', { num: 0, den: 1 }],
    ['division by zero', { num: 1, den: 0 }],
    ['negative', { num: -1, den: 1 }],
    ['not whole', { num: 29.97, den: 1 }],
    ['too large', { num: 2 ** 31 + 1, den: 1 }],
    ['too fine', { num: 1, den: 2 ** 31 + 1 }],
    ['not a number', { num: Number.NaN, den: 1 }],
    ['endless', { num: Number.POSITIVE_INFINITY, den: 1 }],
    ['text', { num: '24', den: 1 }],
    ['a further member', { num: 24, den: 1, unit: 'Hz' }],
    ['a missing member', { num: 24 }],
    ['nothing', null],
  ])('may not be: %s', (_, value) => {
    expect(fractionSchema.safeParse(value).success).toBe(false);
  });
});

describe('a reduced fraction', () => {
  test.each([
    [48, 2, 24, 1],
    [60_000, 2002, 30_000, 1001],
    [7, 7, 1, 1],
    [3, 5, 3, 5],
  ])('%i/%i is %i/%i', (num, den, expectedNum, expectedDen) => {
    expect(reduceFraction(num, den)).toEqual({ num: expectedNum, den: expectedDen });
  });

  test.each([
    [0, 1],
    [1, 0],
    [-1, 2],
    [1.5, 2],
    [Number.NaN, 1],
    [2 ** 53, 1],
  ])('is not made of %d/%d', (num, den) => {
    expect(() => reduceFraction(num, den)).toThrow(TypeError);
  });

  test('has the same value and cannot be reduced again', () => {
    const parts = fc.integer({ min: 1, max: 2 ** 31 });
    fc.assert(
      fc.property(parts, parts, (num, den) => {
        const reduced = reduceFraction(num, den);
        expect(BigInt(reduced.num) * BigInt(den)).toBe(BigInt(reduced.den) * BigInt(num));
        expect(reduceFraction(reduced.num, reduced.den)).toEqual(reduced);
      }),
    );
  });

  test('as a number is the quotient', () => {
    expect(fractionToNumber({ num: 30_000, den: 1001 })).toBe(30_000 / 1001);
  });
});
