import { describe, expect, it } from 'vitest';
import { drawFaults, drawSpeeds, fullFilm, idleOf, PRESET, rates, thinFilm } from '../../../bench/fleet/model.ts';
import { planSeconds } from '../../../bench/fleet/plan-seconds.ts';
import { seededRandom } from '../../../bench/random.ts';
import { videoCost } from '../../../src/protocol/encode-cost.ts';
import { planEncode } from '../../../src/protocol/plan.ts';

describe('thinFilm', () => {
  it('is planned as the whole ladder is, and costs as much', () => {
    for (const fleetCores of [2, 20, 200, 720]) {
      const [thin, full] = [thinFilm(7200), fullFilm(7200)].map((facts) =>
        planEncode(facts, { preset: PRESET, fleetCores, early: 'off' }),
      );
      expect(thin?.chunks).toEqual(full?.chunks);
      expect(thin?.video.renditions).toHaveLength(1);
      const [of, against] = [thin, full].map((plan) => (plan === undefined ? 0 : videoCost(plan.video, 172_800)));
      expect((of ?? 0) / (against ?? 1)).toBeCloseTo(1, 2);
    }
  });
});

describe('drawSpeeds', () => {
  it('draws unequal ones whose mean is 1', () => {
    const speeds = drawSpeeds(360, seededRandom(3));
    expect(speeds.reduce((sum, speed) => sum + speed, 0)).toBeCloseTo(360);
    expect(Math.max(...speeds) / Math.min(...speeds)).toBeGreaterThan(3);
    expect(Math.max(...speeds) / Math.min(...speeds)).toBeLessThanOrEqual(4);
  });
});

describe('planSeconds', () => {
  it('is the even share and a little more, and grows where one is much slower', () => {
    const facts = thinFilm(7200, false);
    const pace = 1;
    const even = videoCost(planEncode(facts, { preset: PRESET }).video, 172_800) / 20;
    const equal = planSeconds(facts, new Array(10).fill(1), pace);
    expect(equal / even).toBeGreaterThan(1);
    expect(equal / even).toBeLessThan(1.03);
    const unequal = planSeconds(facts, [0.05, ...new Array(9).fill(9.95 / 9)], pace);
    expect(unequal).toBeGreaterThan(1.1 * equal);
  });
});

describe('planSeconds, where speeds differ', () => {
  it('is what the rule for the last tasks brings: nearer to the even share than whoever asks first', () => {
    const facts = thinFilm(7200, false);
    const speeds = drawSpeeds(100, seededRandom(1_100));
    const { video, chunks } = planEncode(facts, { preset: PRESET, fleetCores: 200, early: 'off' });
    const free = speeds.map((speed) => ({ speed, at: 0 }));
    for (const { frameCount } of chunks) {
      const next = free.reduce((first, other) => (other.at < first.at ? other : first));
      next.at += videoCost(video, frameCount) / (2 * next.speed) + 0.5;
    }
    const firstCome = Math.max(...free.map(({ at }) => at));
    expect(planSeconds(facts, speeds, 1)).toBeLessThan(0.98 * firstCome);
  });
});

describe('drawFaults', () => {
  it('befalls nobody twice, and comes while there is work', () => {
    const faults = drawFaults(100, 144, seededRandom(1));
    expect(faults.filter(({ kind }) => kind === 'death')).toHaveLength(4);
    expect(faults.filter(({ kind }) => kind === 'cut')).toHaveLength(10);
    expect(new Set(faults.map(({ encoder }) => encoder)).size).toBe(14);
    expect(faults.every(({ atSeconds }) => atSeconds > 0 && atSeconds <= 0.8 * 144)).toBe(true);
  });
});

describe('idleOf', () => {
  it('says where the time of every encoder went', () => {
    const moments = { posted: 10, planned: 12, lastEnd: 40, ready: 45 };
    const slow = {
      speed: 0.5,
      bornAt: 0,
      diedAt: Infinity,
      // One core from 12 to 20, both from 25 to 30; nothing afterwards.
      busy: [
        { from: 12, to: 20, cores: 1 },
        { from: 25, to: 30, cores: 2 },
      ],
    };
    expect(idleOf([slow], moments)).toEqual({ capacity: 35, start: 2, between: 4 + 5, tail: 10, publish: 5 });
    // Dead from 27 on: what it cannot do is nobody's idle time.
    expect(idleOf([{ ...slow, diedAt: 27 }], moments)).toEqual({
      capacity: 17,
      start: 2,
      between: 4 + 5,
      tail: 0,
      publish: 0,
    });
  });

  it('knows encoders that never got a task, and those that come later', () => {
    const moments = { posted: 0, planned: 5, lastEnd: 20, ready: 21 };
    const late = { speed: 1, bornAt: 10, diedAt: Infinity, busy: [] };
    expect(idleOf([late], moments)).toEqual({ capacity: 22, start: 0, between: 0, tail: 20, publish: 2 });
  });
});

describe('rates', () => {
  it('finds the densest second', () => {
    expect(rates([0, 0.5, 0.9, 1.2, 1.4, 5], 6)).toEqual({ mean: 1, peak: 4 });
    expect(rates([], 6)).toEqual({ mean: 0, peak: 0 });
  });
});
