/** The sketch of viewers: how wrong it is, how large, and that union is union. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addViewer, HyperLogLog, STORED_BYTES } from '../../../../src/analytics/count/hyperloglog.ts';

/** SplitMix32: a seed gives the same uniform 32-bit numbers everywhere. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

function sketchOf(ids: readonly string[]): HyperLogLog {
  const sketch = new HyperLogLog();
  for (const id of ids) {
    addViewer(sketch, '', id);
  }
  return sketch;
}
const union = (...sketches: HyperLogLog[]): HyperLogLog => {
  const sum = new HyperLogLog();
  for (const sketch of sketches) {
    sum.merge(sketch);
  }
  return sum;
};
const bytesOf = (sketch: HyperLogLog): string => String(sketch.encode());

describe('accuracy', () => {
  test('from one to a million viewers, the error is 2 % at most in the mean of squares, and less in the mean', () => {
    const sizes = [1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
    const errors = new Map<number, number[]>(sizes.map((size) => [size, []]));
    for (let seed = 1; seed <= 40; seed += 1) {
      const next = numbers(seed * 7919);
      const sketch = new HyperLogLog();
      // A million takes most of the time: for one seed in four.
      const largest = seed % 4 === 0 ? 1_000_000 : 300_000;
      for (let count = 1; count <= largest; count += 1) {
        sketch.add(next(), next());
        errors.get(count)?.push((sketch.estimate() - count) / count);
      }
    }
    const all: number[] = [];
    for (const [size, list] of errors) {
      const mean = list.reduce((sum, error) => sum + Math.abs(error), 0) / list.length;
      const rms = Math.sqrt(list.reduce((sum, error) => sum + error ** 2, 0) / list.length);
      all.push(...list);
      expect.soft(mean, `mean at ${size}`).toBeLessThanOrEqual(0.02);
      // Of 10 to 40 draws: the estimate of the RMS is itself uncertain by a tenth to a fifth.
      expect.soft(rms, `rms at ${size}`).toBeLessThanOrEqual(0.0245);
    }
    const rms = Math.sqrt(all.reduce((sum, error) => sum + error ** 2, 0) / all.length);
    expect(rms).toBeLessThanOrEqual(0.02);
    // No bias that draws do not explain: 1.9 % / √370 is 0.1 %.
    expect(Math.abs(all.reduce((sum, error) => sum + error, 0) / all.length)).toBeLessThan(0.003);
  }, 60_000);

  test('ids of sessions, which stand for viewers without a name, are spread as well as hashes are', () => {
    const random = numbers(5);
    const errors = Array.from({ length: 40 }, () => {
      const ids = Array.from({ length: 5_000 }, () => `${random().toString(36)}${random().toString(36)}`);
      return (sketchOf(ids).estimate() - 5_000) / 5_000;
    });
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)).toBeLessThanOrEqual(0.024);
  });

  test('hashes of viewers count by all of their digits', () => {
    const sketch = new HyperLogLog();
    const random = numbers(11);
    const hex = () => random().toString(16).padStart(8, '0');
    for (let count = 0; count < 2_000; count += 1) {
      const viewer = hex() + hex();
      addViewer(sketch, viewer, 'a');
      addViewer(sketch, viewer, 'b');
    }
    expect(Math.abs(sketch.estimate() - 2_000) / 2_000).toBeLessThan(0.05);
  });
});

const ids = fc.array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { maxLength: 60 });

describe('union', () => {
  test('is the sketch of all, in any order, however often', () => {
    fc.assert(
      fc.property(ids, ids, ids, (a, b, c) => {
        const [x, y, z] = [sketchOf(a), sketchOf(b), sketchOf(c)];
        const all = bytesOf(sketchOf([...a, ...b, ...c]));
        expect(bytesOf(union(x, y, z))).toBe(all);
        expect(bytesOf(union(z, x, y, x, z))).toBe(all);
        expect(bytesOf(union(union(y, z), x))).toBe(all);
      }),
    );
  });
});

describe('the stored form', () => {
  test('is 1.5 KB, and what is read is what was written', () => {
    const next = numbers(3);
    const sketch = new HyperLogLog();
    for (let count = 0; count <= 200_000; count += 1) {
      if ([0, 1, 50, 3_000, 20_000, 200_000].includes(count)) {
        const bytes = sketch.encode();
        expect(bytes.length).toBe(STORED_BYTES);
        const read = HyperLogLog.decode(bytes);
        expect(read.encode()).toEqual(bytes);
        expect(read.estimate()).toBe(sketch.estimate());
        // Every register: merging what was read into a copy changes nothing, nor the other way round.
        expect(union(sketch, read).encode()).toEqual(bytes);
      }
      sketch.add(next(), next());
    }
    expect(STORED_BYTES).toBeLessThanOrEqual(1_536);
  });

  test.each([[new Uint8Array(3)], [new Uint8Array(STORED_BYTES).fill(255)]])('is refused where it is none', (bytes) => {
    expect(() => HyperLogLog.decode(bytes)).toThrow(TypeError);
  });
});
