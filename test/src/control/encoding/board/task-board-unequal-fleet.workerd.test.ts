/** A modelled fleet on the real board, from a job's first task to its last: what the rule for the last ones is worth. */
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Board, simulateFleet } from '../../../../../bench/fleet/worker/virtual-time.ts';
import { CHUNK_RESULT } from '../../../protocol/fixture.ts';
import { chunk, newBoard, passTime, stopClock } from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

const run = async (speeds: readonly number[], weights: readonly number[]): Promise<number> =>
  await runInDurableObject(await newBoard(), (instance) =>
    simulateFleet(instance as unknown as Board, {
      ...{ speeds, result: CHUNK_RESULT, beforeSeconds: 0, afterSeconds: 0, passTime },
      tasks: weights.map((weight, index) => chunk(`job-${index}`, weight)),
    }),
  );

/** The same with a board that gives whoever asks the next task. */
function firstCome(speeds: readonly number[], weights: readonly number[]): number {
  const free = speeds.map((speed) => ({ speed, at: 0 }));
  for (const weight of weights.toSorted((a, b) => b - a)) {
    const next = free.reduce((first, other) => (other.at < first.at ? other : first));
    next.at += Math.ceil(weight / next.speed);
  }
  return Math.max(...free.map(({ at }) => at));
}

describe('a fleet', () => {
  test('of unequal speeds ends sooner than where whoever asks gets', async () => {
    const speeds = [8, 8, 6, 4, 3, 2];
    const weights = Array.from({ length: 33 }, () => 100);
    const even = 3300 / 31;
    const byTurns = firstCome(speeds, weights);
    const seconds = await run(speeds, weights);
    expect(byTurns / even).toBeGreaterThan(1.4);
    expect(seconds / even).toBeLessThan(1.12);
  }, 30_000);

  test('of equal speeds loses nothing', async () => {
    const speeds = [5, 5, 5, 5];
    const weights = Array.from({ length: 10 }, () => 100);
    // Within a second or two of the rounds of the simulation.
    expect(await run(speeds, weights)).toBeLessThanOrEqual(firstCome(speeds, weights) + 2);
  }, 30_000);
});
