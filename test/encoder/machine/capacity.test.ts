import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freeCores, MEMORY_PER_SLOT_BYTES, shareOf, slotsNow, slotsOf } from '../../../encoder/machine/capacity.ts';

const GIBIBYTE = 1024 ** 3;
const readings = (over: Partial<Parameters<typeof slotsNow>[0]>) => ({
  ...{ cores: 8, memoryBytes: 64 * GIBIBYTE, freeMemoryBytes: 60 * GIBIBYTE, load: 0, ...over },
});

describe('slots', () => {
  test.each([
    ['two cores', { cores: 2, memoryBytes: 8 * GIBIBYTE }, 1],
    ['one core', { cores: 1, memoryBytes: 8 * GIBIBYTE }, 1],
    ['a quota of half a core', { cores: 0.5, memoryBytes: 8 * GIBIBYTE }, 1],
    ['the largest container', { cores: 4, memoryBytes: 12 * GIBIBYTE }, 2],
    ['many cores and little memory', { cores: 32, memoryBytes: 8 * GIBIBYTE }, 4],
    ['hardly any memory', { cores: 32, memoryBytes: GIBIBYTE / 2 }, 1],
    ['a very large machine', { cores: 256, memoryBytes: 1024 * GIBIBYTE }, 64],
  ])('of %s', (_, machine, slots) => expect(slotsOf(machine)).toBe(slots));

  test.each([
    ['a quiet machine', {}, 0, 4],
    ['half of it busy with others', { load: 0.5 }, 0, 2],
    ['all of it', { load: 1 }, 0, 1],
    ['memory for two more', { freeMemoryBytes: 2.5 * MEMORY_PER_SLOT_BYTES }, 0, 2],
    ['memory for one more beside two that run', { freeMemoryBytes: 1.5 * MEMORY_PER_SLOT_BYTES }, 2, 3],
    ['no memory left, two run', { freeMemoryBytes: 0 }, 2, 2],
    ['no memory at all', { freeMemoryBytes: 0 }, 0, 1],
  ])('now: %s', (_, over, running, slots) => expect(slotsNow(readings(over), running)).toBe(slots));

  test('never less than one, never more than on a quiet machine; more load never gives more', () =>
    fc.assert(
      fc.property(
        fc.record({
          cores: fc.double({ min: 0.1, max: 512, noNaN: true }),
          memoryBytes: fc.double({ min: 1, max: 2 ** 42, noNaN: true }),
          freeMemoryBytes: fc.double({ min: 0, max: 2 ** 42, noNaN: true }),
          load: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        fc.nat(64),
        (machine, running) => {
          const slots = slotsNow(machine, running);
          expect(slots).toBeGreaterThanOrEqual(1);
          expect(slots).toBeLessThanOrEqual(slotsOf(machine));
          expect(slotsNow({ ...machine, load: 1 }, running)).toBeLessThanOrEqual(slots);
        },
      ),
    ));

  test('shares add up to less than the machine', () => {
    const share = shareOf({ cores: 8, memoryBytes: 64 * GIBIBYTE }, 4);
    expect(share.cores).toBe(2);
    expect(share.memoryBytes * 4).toBeLessThan(64 * GIBIBYTE);
  });
});

test.each([
  [{}, 0, 8],
  [{ load: 0.25 }, 0, 6],
  [{ load: 0.25 }, 2, 2],
  [{ load: 0.9 }, 2, 0],
])('free cores of %j beside %s running', (over, running, cores) => {
  expect(freeCores(readings(over), running)).toBeCloseTo(cores);
});
