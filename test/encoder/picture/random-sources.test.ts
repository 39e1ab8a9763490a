/**
 * Random sources, a few of those of `npm run bench -- frames`: whatever the file is like, every frame comes out once and in
 * its place, and the sound stays where it was.
 */
import { describe, expect, test } from 'vitest';
import { describeCase, makeCase } from '../../../bench/frames/random-case.ts';
import { tryCase } from '../../../bench/frames/run-case.ts';

/** Chosen for what they differ in: container, codec, rate, cuts, offsets, turned pictures, sound. */
const SEEDS = [3, 7, 9, 15, 20, 24, 37, 53];
/** A dozen programs one after another, on a machine that other tests share. */
const TIMEOUT_MS = 60_000;

describe('random sources', { timeout: TIMEOUT_MS }, () => {
  test.each(SEEDS)('CASE=%i npm run bench -- frames', async (seed) => {
    const source = makeCase(seed);
    const { problems, frames } = await tryCase(source);
    expect(problems, describeCase(source)).toEqual([]);
    expect(frames).toBeGreaterThan(0);
  });
});
