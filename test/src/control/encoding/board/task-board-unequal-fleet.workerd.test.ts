/** A modelled fleet on the real board, from a job's first task to its last: what the rule for the last ones is worth. */
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { drawSpeeds, PRESET, thinFilm } from '../../../../../bench/fleet/model.ts';
import { seededRandom } from '../../../../../bench/replay.ts';
import { TaskStore } from '../../../../../src/control/encoding/board/task-store.ts';
import { videoCost } from '../../../../../src/protocol/encode-cost.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import type { Lease } from '../../../../../src/protocol/tasks.ts';
import { type Board, CHUNK_RESULT, chunk, ENCODER, newBoard, passTime, stopClock } from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

type Simulated = { speed: number; id: string; held: { lease: Lease; left: number; weight: number } | null };

/** Every encoder asks each second where it has nothing to do. Returns the seconds until all is done. */
async function simulate(board: Board, speeds: readonly number[], weights: readonly number[]): Promise<number> {
  const weightOf = new Map(weights.map((weight, index) => [`job-${index}`, weight]));
  await board.submit(
    'job',
    50,
    [...weightOf].map(([id, weight]) => chunk(id, weight)),
  );
  const fleet: Simulated[] = speeds.map((speed, index) => ({ speed, id: `enc-${index}`, held: null }));
  let left = weights.length;
  for (let second = 0; second < 3_600; second++) {
    for (const encoder of fleet) {
      const { held, speed } = encoder;
      if (held !== null) {
        held.left -= speed;
        if (held.left <= 0) {
          await board.complete(held.lease.task.id, held.lease.lease, CHUNK_RESULT);
          encoder.held = null;
          left -= 1;
        } else if (second % 5 === 0) {
          await board.heartbeat(held.lease.task.id, held.lease.lease, 1 - held.left / held.weight);
        }
      }
      if (encoder.held === null) {
        const lease = await board.lease({ ...ENCODER, id: encoder.id });
        const weight = weightOf.get(lease?.task.id ?? '') ?? 0;
        encoder.held = lease === null ? null : { lease, weight, left: weight };
      }
    }
    if (left === 0) {
      return second;
    }
    passTime(1_000);
  }
  throw new Error(`${left} tasks are left after an hour`);
}

/** The same with a board that gives whoever asks the next task. */
function firstCome(speeds: readonly number[], weights: readonly number[]): number {
  const free = speeds.map((speed) => ({ speed, at: 0 }));
  for (const weight of weights.toSorted((a, b) => b - a)) {
    const next = free.reduce((first, other) => (other.at < first.at ? other : first));
    next.at += Math.ceil(weight / next.speed);
  }
  return Math.max(...free.map(({ at }) => at));
}

const run = async (speeds: readonly number[], weights: readonly number[]) =>
  runInDurableObject(await newBoard(), (instance) => simulate(instance as unknown as Board, speeds, weights));

/** The same board without the rule: it takes every task for one of many. */
async function runWithoutRule(speeds: readonly number[], weights: readonly number[]): Promise<number> {
  const few = vi.spyOn(TaskStore.prototype, 'fewWaiting').mockReturnValue(null);
  try {
    return await run(speeds, weights);
  } finally {
    few.mockRestore();
  }
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

  test('of 100 on a film of two hours: the rule is worth three points of its efficiency, and more', async () => {
    const fleet = 100;
    const filmSeconds = 7_200;
    const { video, chunks } = planEncode(thinFilm(filmSeconds), {
      preset: PRESET,
      fleetCores: 2 * fleet,
      early: 'off',
    });
    const weights = chunks.map(({ frameCount }) => videoCost(video, frameCount));
    const evenSeconds = 144;
    const pace = videoCost(video, video.frameCount) / fleet / evenSeconds;
    const speeds = drawSpeeds(fleet, seededRandom(1)).map((speed) => speed * pace);
    const withRule = evenSeconds / (await run(speeds, weights));
    const without = evenSeconds / (await runWithoutRule(speeds, weights));
    expect(withRule).toBeGreaterThan(0.9);
    expect(withRule - without).toBeGreaterThan(0.03);
  }, 60_000);
});
