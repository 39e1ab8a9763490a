import { describe, expect, test } from 'vitest';
import { finishesWithin, type HeldView, remainingSeconds, wantsLease } from '../../../encoder/lease/lease-policy.ts';

const chunk = (phase: HeldView['phase'], left: number | null = null): HeldView => ({
  ...{ isHeavy: true, phase, remainingSeconds: left },
});
const LIGHT: HeldView = { isHeavy: false, phase: 'encoding', remainingSeconds: 100 };

describe('one slot asks', () => {
  test.each([
    ['when it has nothing', [], true],
    ['not while its chunk has long to go', [chunk('encoding', 60)], false],
    ['not before progress tells', [chunk('encoding', null)], false],
    ['shortly before the chunk ends', [chunk('encoding', 3)], true],
    ['not for a second one ahead', [chunk('encoding', 3), chunk('preparing')], false],
    ['not while the first is still read', [chunk('preparing')], false],
    ['while a tail is uploaded', [chunk('finishing')], true],
    ['and not ahead only because of that', [chunk('finishing'), chunk('encoding', 60)], false],
    ['not when tails pile up', [chunk('finishing'), chunk('finishing')], false],
    ['while sound is encoded: a chunk may run beside it', [LIGHT], true],
    ['sound does not count as a chunk ahead', [LIGHT, chunk('encoding', 3)], true],
    ['but there is an end of small tasks', [LIGHT, LIGHT], false],
  ] as const)('%s', (_, held, wants) => expect(wantsLease(held, 1)).toBe(wants));
});

test('several slots fill before anything is taken ahead', () => {
  expect(wantsLease([chunk('preparing'), chunk('preparing')], 3)).toBe(true);
  expect(wantsLease([chunk('encoding', 60), chunk('encoding', 60), chunk('preparing')], 3)).toBe(false);
  expect(wantsLease([chunk('encoding', 60), chunk('encoding', 60), chunk('encoding', 1)], 3)).toBe(true);
  // Fewer slots than before: what runs goes on, nothing is added.
  expect(wantsLease([chunk('encoding', 1), chunk('encoding', 1), chunk('encoding', 1)], 2)).toBe(false);
});

test('an estimate needs some progress', () => {
  expect(remainingSeconds(0.01, 100)).toBeNull();
  expect(remainingSeconds(0.25, 10)).toBeCloseTo(30);
  expect(remainingSeconds(1, 10)).toBe(0);
});

test.each([
  ['an upload', chunk('finishing'), 1, true],
  ['almost done', chunk('encoding', 2), 10, true],
  ['too long', chunk('encoding', 20), 10, false],
  ['as long as there is, by an estimate that is never exact', chunk('encoding', 9), 10, false],
  ['just begun', chunk('encoding', null), 1000, false],
  ['not begun', chunk('preparing'), 1000, false],
])('on the way out: %s', (_, view, seconds, goesOn) => expect(finishesWithin(view, seconds)).toBe(goesOn));
