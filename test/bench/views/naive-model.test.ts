/** The model is the judge of the truth test, so it is judged here by hand, on sessions that are written out. */
import { describe, expect, it } from 'vitest';
import { FILMS, PARTS, planOf } from '../../../bench/views/audience.ts';
import { numbersOf } from '../../../bench/views/naive-model.ts';

const AUDIENCE = { seed: 4, sessions: 3_000 };
const plans = Array.from({ length: AUDIENCE.sessions }, (_, index) => planOf(AUDIENCE.seed, index, AUDIENCE.sessions));
const wholes = (index: number) => (plans[index]?.parts ?? []).flat().filter(({ kind }) => kind === 'whole');

describe('an audience', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(planOf(4, 17, 3_000)).toEqual(plans[17]);
    expect(planOf(5, 17, 3_000)).not.toEqual(plans[17]);
  });

  it('has all the trouble that the test is about', () => {
    const has = (is: (index: number) => boolean) => plans.filter((_, index) => is(index)).length;
    const isRepeated = (index: number) =>
      new Set(wholes(index).map(({ number }) => number)).size < wholes(index).length;
    const switches = (index: number) => new Set(wholes(index).map(({ track }) => track)).size > 1;
    const jumps = (index: number) =>
      wholes(index).some(({ number }, at, all) => at > 0 && Math.abs(number - (all[at - 1]?.number ?? number)) > 1);
    const inTwoRenditions = (index: number) => {
      const pairs = new Set(wholes(index).map(({ number, track }) => `${number} ${track}`));
      return pairs.size > new Set(wholes(index).map(({ number }) => number)).size;
    };
    for (const is of [isRepeated, switches, jumps, inTwoRenditions]) {
      expect(has(is)).toBeGreaterThan(100);
    }
    for (const kind of ['head', 'part', 'beside']) {
      expect(plans.flatMap(({ parts }) => parts.flat()).filter((fetched) => fetched.kind === kind)).not.toEqual([]);
    }
    expect(plans.filter(({ agent }) => agent === 'bot').length).toBeGreaterThan(30);
    expect(new Set(plans.map(({ film }) => film))).toEqual(new Set(FILMS));
  });

  it('reloads: a session of its own, of the same viewer on the same film', () => {
    const [first, again] = [plans[3], plans[4]];
    expect([again?.film, again?.viewer, again?.country]).toEqual([first?.film, first?.viewer, first?.country]);
    expect(again?.sessionId).not.toBe(first?.sessionId);
  });

  it('has each segment in one rendition within a part, so that who came first is known', () => {
    for (const { parts } of plans) {
      expect(parts).toHaveLength(PARTS);
      for (const part of parts) {
        const counted = part.filter(({ kind }) => kind === 'whole');
        const pairs = new Set(counted.map(({ number, track }) => `${number} ${track}`));
        expect(pairs.size).toBe(new Set(counted.map(({ number }) => number)).size);
      }
    }
  });
});

describe('the model', () => {
  const numbers = numbersOf(AUDIENCE, 3);

  it('splits everything without a rest', () => {
    for (const { country, device, rendition, views, watchMs } of Object.values(numbers)) {
      for (const cells of [country, device, rendition]) {
        expect(Object.values(cells).reduce((sum, cell) => sum + cell.watchMs, 0)).toBe(watchMs);
      }
      expect(Object.values(country).reduce((sum, cell) => sum + cell.views, 0)).toBe(views);
      expect(device['bot']).toBeUndefined();
    }
  });

  it('takes one segment of 1.2 s for a view of a film that has no more, and one of 2 s for none of a long one', () => {
    const blink = numbers['blink'];
    expect(blink?.views).toBe(blink?.retention['v1']?.sessions);
    expect(blink?.watchMs).toBe((blink?.views ?? 0) * 1_200);
    const short = plans.flatMap(({ agent, film }, index) => (film.assetId === 'hot' && agent !== 'bot' ? [index] : []));
    const single = short.filter((index) => new Set(wholes(index).map(({ number }) => number)).size === 1);
    expect(single.length).toBeGreaterThan(20);
    expect(numbers['hot']?.views).toBe((numbers['hot']?.retention['v1']?.sessions ?? 0) - single.length);
  });

  it('counts the last segment for what it is', () => {
    const [first = 0, last = 0] = numbers['short']?.retention['v1']?.counts ?? [];
    expect(last).toBeGreaterThan(0);
    expect(numbers['short']?.watchMs).toBe(first * 4_000 + last * 1_000);
  });

  it('knows only what it was given', () => {
    const none = numbersOf(AUDIENCE, 3, () => false);
    expect(Object.values(none).map(({ watchMs }) => watchMs)).toEqual(Object.values(none).map(() => 0));
  });
});
