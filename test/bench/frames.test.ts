/** The instruments of `npm run bench -- frames` must themselves notice what is wrong. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chirpAt, findDelay } from '../../bench/frames/chirp.ts';
import { lateness } from '../../bench/frames/heard.ts';
import { DRAWN_SIDE, drawNumber, MAX_NUMBER, READ_SIDE, readNumber } from '../../bench/frames/numbered-picture.ts';
import { isOdd, makeOddSource, ODD_KINDS } from '../../bench/frames/odd-sources.ts';
import { compareFrames, promisedFrames } from '../../bench/frames/promise.ts';
import { makeCase } from '../../bench/frames/random-case.ts';
import type { VideoPlan } from '../../src/protocol/plan-schema.ts';

const ENLARGED = READ_SIDE / DRAWN_SIDE;
const enlarge = (drawn: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: READ_SIDE * READ_SIDE }, (_, index) => {
    const [row, column] = [Math.floor(index / READ_SIDE), index % READ_SIDE];
    return drawn[Math.floor(row / ENLARGED) * DRAWN_SIDE + Math.floor(column / ENLARGED)] ?? 0;
  });
/** A quarter turn clockwise. */
const turn = (picture: Uint8Array): Uint8Array =>
  picture.map((_, index) => {
    const [row, column] = [Math.floor(index / READ_SIDE), index % READ_SIDE];
    return picture[(READ_SIDE - 1 - column) * READ_SIDE + row] ?? 0;
  });

describe('a numbered picture', () => {
  it('is read as what was drawn, however it is turned', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_NUMBER - 1 }), (number) => {
        let turned = 0;
        for (const rotation of [0, 90, 180, 270] as const) {
          let picture = enlarge(drawNumber(number, rotation));
          for (let done = 0; done < turned; done++) {
            picture = turn(picture);
          }
          turned += 1;
          expect(readNumber(picture)).toBe(number);
        }
      }),
    );
  });

  it('is not read where two frames lie over each other, or none is there', () => {
    const [a, b] = [enlarge(drawNumber(5, 0)), enlarge(drawNumber(6, 0))];
    expect(readNumber(a.map((value, index) => (value + (b[index] ?? 0)) / 2))).toBeNull();
    expect(readNumber(new Uint8Array(READ_SIDE * READ_SIDE))).toBeNull();
    expect(readNumber(new Uint8Array(READ_SIDE * READ_SIDE).fill(255))).toBeNull();
  });
});

describe('a chirp', () => {
  const RATE = 48_000;
  const late = (samples: number): Float32Array =>
    Float32Array.from({ length: 3 * RATE }, (_, sample) => chirpAt((sample - samples) / RATE));

  it.each([0, 1, -1, 0.5, 312, -1024])('that is %s samples late is found so', (samples) => {
    expect(findDelay(late(samples), RATE, (sample) => sample / RATE)).toBeCloseTo(samples, 1);
  });

  it('is not found in silence, nor far away', () => {
    expect(findDelay(new Float32Array(3 * RATE), RATE, (sample) => sample / RATE)).toBeNull();
    expect(findDelay(late(20_000), RATE, (sample) => sample / RATE)).toBeNull();
  });
});

describe('a piece of sound', () => {
  const RATE = 48_000;
  const sound = Float32Array.from({ length: 4 * RATE }, (_, sample) => chirpAt(1 + (1.01 * (sample - 240)) / RATE));

  it('is measured at its start, middle and end', () => {
    const late = lateness(sound, { from: 0, to: 4, ahead: 1, rate: 1.01 });
    expect(late.map((seconds) => Math.round(1e4 * (seconds ?? 0)))).toEqual([50, 50, 50]);
  });

  it('that drifts is late by ever more', () => {
    const [start, middle, end] = lateness(sound, { from: 0, to: 4, ahead: 1 });
    expect(Math.abs(start ?? 0)).toBeLessThan(Math.abs(middle ?? 0.05));
    expect(end === null || Math.abs(end ?? 0) > 0.02).toBe(true);
  });
});

describe('the comparison', () => {
  const NONE = { lost: 0, repeated: 0, reordered: 0, unreadable: 0, misplaced: 0 };

  it.each([
    [[0, 1, 2, 3], NONE],
    [[0, 1, 3], { ...NONE, lost: 1, misplaced: 1 }],
    [[0, 1, 1, 2, 3], { ...NONE, repeated: 1, misplaced: 3 }],
    [[0, 2, 1, 3], { ...NONE, reordered: 1, misplaced: 2 }],
    [[0, null, 2, 3], { ...NONE, lost: 1, unreadable: 1, misplaced: 1 }],
  ])('of %j with 0 to 3', (shown, faults) => {
    expect(compareFrames([0, 1, 2, 3], shown)).toEqual(faults);
  });
});

describe('the promise', () => {
  const plan = (rate: number, source: object, frameCount: number): VideoPlan =>
    ({
      frameRate: { num: rate, den: 1 },
      frameCount,
      source: {
        frameRate: { num: rate, den: 1 },
        timeBase: { num: 1, den: 1000 },
        variableFrameRate: false,
        ...source,
      },
    }) as unknown as VideoPlan;
  const at = (...times: number[]) => times.map((ticks, number) => ({ ticks: ticks + 500, number }));

  it('of a constant rate is every frame once, of a high one every n-th', () => {
    expect(promisedFrames(plan(25, {}, 3), at(0, 41, 80))).toEqual([0, 1, 2]);
    const high = plan(60, { frameRate: { num: 120, den: 1 } }, 2);
    expect(promisedFrames(high, at(0, 8, 17, 25))).toEqual([0, 2]);
  });

  it('of a variable rate is what is on the screen, the nearest slot for each', () => {
    // Slots of 100 ms; 49 is nearest to 0, 150 lies between 1 and 2.
    const variable = plan(10, { variableFrameRate: true }, 6);
    expect(promisedFrames(variable, at(0, 49, 150, 410))).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('of sound alone is the first frame before it and the last one after it', () => {
    const film = { ...plan(25, { tailSeconds: 0.08 }, 7), leadFrames: 2 };
    expect(promisedFrames(film, at(0, 40, 80))).toEqual([0, 0, 0, 1, 2, 2, 2]);
  });
});

describe('a random case', () => {
  it('is the same for the same seed, short, and has times that rise from 0', () => {
    for (let seed = 0; seed < 300; seed++) {
      const source = makeCase(seed);
      expect(makeCase(seed)).toEqual(source);
      const { times } = source;
      expect(times[0]).toBe(0);
      expect(times.length).toBeLessThan(MAX_NUMBER);
      expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
      expect(times.at(-1)).toBeLessThan(12.1);
    }
  });
});

describe('odd sources', () => {
  it('are the same for the same seed, and all kinds come in their turn', () => {
    const seeds = Array.from({ length: 2 * ODD_KINDS.length }, (_, seed) => seed).filter(isOdd);
    expect(new Set(seeds.map((seed) => makeOddSource(seed).kind))).toEqual(new Set(ODD_KINDS));
    for (const seed of seeds) {
      const { make: _, ...source } = makeOddSource(seed);
      expect(makeOddSource(seed)).toMatchObject(source);
    }
  });

  it('last as long as their pictures and their sound', () => {
    for (let seed = 1; seed < 400; seed += 2) {
      const { seconds, numbers, shows, sound } = makeOddSource(seed);
      expect(numbers === undefined).toBe(shows !== undefined);
      expect(seconds).toBeGreaterThan(0.9);
      expect(seconds).toBeLessThan(15);
      expect(sound.every(({ from, to }) => to - from > 0.3 && to < seconds + 0.1)).toBe(true);
    }
  });
});
