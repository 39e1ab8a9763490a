/**
 * Random sources, a few of those of `npm run bench -- frames`: whatever the file is like, every frame comes out once and in
 * its place, and the sound stays where it was.
 */
import { describe, expect, test } from 'vitest';
import { makeOddSource, ODD_KINDS } from '../../../bench/frames/odd-sources.ts';
import { describeCase, makeCase } from '../../../bench/frames/random-case.ts';
import { tryCase } from '../../../bench/frames/run-case.ts';
import { tryOdd } from '../../../bench/frames/run-odd.ts';

/** Chosen for what they differ in: container, codec, rate, cuts, offsets, turned pictures, sound. */
const SEEDS = [4, 8, 22, 32, 38, 40];
/** One of each kind. The benchmark takes odd seeds for them. */
const ODD_SEEDS = ODD_KINDS.map((kind, index) => ({ kind, seed: 2 * index + 1 }));
/** A dozen programs one after another, on a machine that other tests share. */
const TIMEOUT_MS = 60_000;

describe('random sources', { timeout: TIMEOUT_MS }, () => {
  test.each(SEEDS)('CASE=%i npm run bench -- frames', async (seed) => {
    const source = makeCase(seed);
    const { problems, frames } = await tryCase(source);
    expect(problems, describeCase(source)).toEqual([]);
    expect(frames).toBeGreaterThan(0);
  });

  test.each(ODD_SEEDS)('CASE=$seed npm run bench -- frames: $kind', async ({ seed, kind }) => {
    const source = makeOddSource(seed);
    expect(source.kind).toBe(kind);
    const { problems, frames } = await tryOdd(seed);
    expect(problems, source.about).toEqual([]);
    expect(frames).toBeGreaterThan(0);
  });
});
