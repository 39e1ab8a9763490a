import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Machine } from '../../../bench/fleet/machine.ts';

/** Ten model seconds a real one. */
const COMPRESS = 10;
const never = new AbortController().signal;

let machine: Machine;
let seconds: () => number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const begin = performance.now();
  seconds = () => ((performance.now() - begin) / 1000) * COMPRESS;
  machine = new Machine(1, { now: seconds, realMs: (model) => (model * 1000) / COMPRESS });
});

afterEach(() => {
  vi.useRealTimers();
});

const endOf = async (load: Promise<void>): Promise<number> => {
  await load;
  return seconds();
};

it('gives a chunk both cores, and one while there is sound', async () => {
  // Alone it would take 50 s; 20 s of sound take one core, so that 80 core-seconds are left: 40 s more.
  const chunk = endOf(machine.run({ coreSeconds: 100, isHeavy: true, signal: never }));
  const sound = endOf(machine.run({ coreSeconds: 20, isHeavy: false, signal: never }));
  await vi.runAllTimersAsync();
  expect(await sound).toBeCloseTo(20, 0);
  expect(await chunk).toBeCloseTo(60, 0);
  const used = machine.busy.reduce((sum, { from, to, cores }) => sum + cores * (to - from), 0);
  expect(used).toBeCloseTo(120, 0);
});

it('gives sound alone one core', async () => {
  const sound = endOf(machine.run({ coreSeconds: 20, isHeavy: false, signal: never }));
  await vi.runAllTimersAsync();
  expect(await sound).toBeCloseTo(20, 0);
});

it('tells how far a task is, and ends one that is stopped', async () => {
  const stop = new AbortController();
  const shares: number[] = [];
  const onShare = (share: number) => shares.push(share);
  const run = machine.run({ coreSeconds: 100, isHeavy: true, signal: stop.signal, onShare });
  const ended = expect(run).rejects.toThrow('lost');
  await vi.advanceTimersByTimeAsync(2_500);
  expect(shares.at(-1)).toBeGreaterThan(0.4);
  expect(shares.at(-1)).toBeLessThanOrEqual(0.5);
  stop.abort(new Error('lost'));
  await ended;
  expect(machine.busy.reduce((sum, { from, to }) => sum + to - from, 0)).toBeCloseTo(25, 0);
  expect(vi.getTimerCount()).toBe(0);
});
