/** Which picture each rendition is scaled from. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scaleTree } from '../../../encoder/picture/scale-tree.ts';
import { chooseLadder } from '../../../src/protocol/ladder.ts';

/** Track → the track it is scaled from. */
function parentsOf(width: number, height: number, source = { width, height }): Record<string, string> {
  const ladder = chooseLadder(width, height, 24);
  const nodes = scaleTree(ladder, source);
  return Object.fromEntries(
    ladder.map(({ track }, index) => {
      const { parent } = nodes[index] ?? { parent: null };
      return [track, parent === null ? 'source' : (ladder[parent]?.track ?? '?')];
    }),
  );
}

describe('scaleTree', () => {
  test('1080p: everything below 1080 from something smaller than the source', () => {
    expect(parentsOf(1920, 1080)).toEqual({
      ...{ v1080: 'source', v720: 'v1080', v540: 'v720', v480: 'v720', v360: 'v480', v240: 'v480' },
    });
  });

  test('a copy of the source costs no step, a scaled picture one', () => {
    expect(parentsOf(1920, 1080, { width: 1440, height: 1080 })).toEqual({
      ...{ v1080: 'source', v720: 'v1080', v540: 'v720', v480: 'v720', v360: 'v720', v240: 'v720' },
    });
  });

  test('upright pictures, too', () => {
    expect(parentsOf(1080, 1920)).toEqual(parentsOf(1920, 1080));
  });

  test('one rendition is scaled from the source', () => {
    expect(scaleTree([{ width: 426, height: 240 }], { width: 1920, height: 1080 })).toEqual([
      { parent: null, children: [] },
    ]);
  });

  test('of any ladder: parents are larger, at most three steps, and children know their parents', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 4096 }), fc.integer({ min: 16, max: 2304 }), (width, height) => {
        const ladder = chooseLadder(width, height, 24);
        const nodes = scaleTree(ladder, { width, height });
        for (const [index, { parent, children }] of nodes.entries()) {
          expect(children.every((child) => nodes[child]?.parent === index)).toBe(true);
          let steps = 0;
          for (let at: number | null = index; at !== null; at = nodes[at]?.parent ?? null) {
            const { parent: next } = nodes[at] ?? { parent: null };
            const [own, from] = [ladder[at], next === null ? undefined : ladder[next]];
            steps += own?.width === width && own.height === height ? 0 : 1;
            expect(from === undefined || (own !== undefined && from.height > own.height)).toBe(true);
          }
          expect(steps).toBeLessThanOrEqual(3);
          expect(parent === null || nodes[parent]?.children.includes(index)).toBe(true);
        }
      }),
    );
  });
});
