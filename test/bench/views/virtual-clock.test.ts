/** The clock of the replays: an event is over when nothing real is under way, and what waits for the clock is not. */
import { setImmediate as nextTurn, setTimeout as realWait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../bench/views/worker/virtual-clock.ts';

const newClock = () => new VirtualClock(1_000, () => nextTurn());
const nothing = () => {};

describe('VirtualClock', () => {
  it('runs events in the order of their times, and then of their making', async () => {
    const clock = newClock();
    const seen: [number, string][] = [];
    const note = (name: string) => () => seen.push([clock.nowMs, name]);
    for (const [atMs, name] of [
      [5_000, 'e'],
      [3_000, 'b'],
      [3_000, 'c'],
      [9_000, 'f'],
      [2_000, 'a'],
      [4_000, 'd'],
      [99_000, 'too late'],
    ] as const) {
      clock.at(atMs, note(name));
    }
    await clock.runUntil(60_000, nothing);
    expect(seen.map(([, name]) => name).join('')).toBe('abcdef');
    expect(seen.map(([atMs]) => atMs)).toEqual([2_000, 3_000, 3_000, 4_000, 5_000, 9_000]);
    expect(clock.nowMs).toBe(60_000);
  });

  it('takes thousands of events in any order', async () => {
    const clock = newClock();
    const seen: number[] = [];
    for (let index = 0; index < 5_000; index += 1) {
      clock.at(1_000 + ((index * 7_919) % 5_003), () => seen.push(clock.nowMs));
    }
    await clock.runUntil(10_000, nothing);
    expect(seen).toHaveLength(5_000);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it('begins no event while something real is under way', async () => {
    const clock = newClock();
    const seen: string[] = [];
    const work = async () => {
      await realWait(20);
      seen.push(`done at ${clock.nowMs}`);
      await clock.during(() => realWait(5));
      seen.push(`all done at ${clock.nowMs}`);
    };
    clock.at(2_000, () => void clock.during(work));
    clock.at(2_001, () => seen.push('next'));
    await clock.runUntil(3_000, () => seen.push('settled'));
    expect(seen).toEqual(['done at 2000', 'all done at 2000', 'settled', 'next']);
  });

  it('does not wait for what waits for its timers', async () => {
    const clock = newClock();
    const seen: string[] = [];
    const wait = async () => {
      await clock.startTimer(250).elapsed;
      seen.push(`woken at ${clock.nowMs}`);
      await clock.during(() => realWait(5));
      seen.push(`went on at ${clock.nowMs}`);
    };
    clock.at(2_000, () => {
      clock.noteWork();
      void wait();
    });
    clock.at(2_100, () => seen.push('meanwhile'));
    clock.at(2_250, () => seen.push('before'));
    clock.at(2_260, () => seen.push('after'));
    await clock.runUntil(3_000, nothing);
    expect(seen).toEqual(['meanwhile', 'before', 'woken at 2250', 'went on at 2250', 'after']);
  });

  it('does not wake what was cancelled', async () => {
    const clock = newClock();
    const timer = clock.startTimer(100);
    let isWoken = false;
    void timer.elapsed.then(() => {
      isWoken = true;
    });
    timer.cancel();
    await clock.runUntil(3_000, nothing);
    expect(isWoken).toBe(false);
  });
});
