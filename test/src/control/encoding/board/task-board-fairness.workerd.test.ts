/** Whose task is next: priorities, jobs side by side, and the order within one. A simulated fleet works the board off. */
import { runInDurableObject } from 'cloudflare:test';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { audioTasks, chunkTasks } from '../../../../../src/control/encoding/plan/job-tasks.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import { sourceFacts } from '../../../protocol/fixture.ts';
import { type Board, ENCODER, leaseNext, newBoard, passTime, RESULT, stopClock, task } from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

const many = (job: string, count: number, weight = 1) =>
  Array.from({ length: count }, (_, index) => task(`${job}-${index}`, weight));

async function leaseJobs(board: Board, count: number): Promise<string[]> {
  const jobs: string[] = [];
  for (let at = 0; at < count; at++) {
    jobs.push((await leaseNext(board)).task.id.split('-')[0] ?? '');
  }
  return jobs;
}

const countOf = (jobs: string[], job: string) => jobs.filter((id) => id === job).length;

describe('within a job', () => {
  test('what is encoded whole goes first, then the heaviest', async () => {
    const board = await newBoard();
    const job = { jobId: 'job', assetId: 'film', version: 'ver1' };
    const source = { key: 'sources/film/film.mp4', sizeBytes: 1 };
    const plan = planEncode(sourceFacts(), { preset: 'medium', chunkSegments: 2 });
    const chunks = chunkTasks(job, source, plan).map((chunk, index) => ({ ...chunk, weight: 10 + index }));
    await board.submit('job', 50, [...chunks, ...audioTasks(job, source, plan)]);
    const order: string[] = [];
    for (let { lease } = await board.awaitLease(ENCODER); lease !== null; { lease } = await board.awaitLease(ENCODER)) {
      order.push(lease.task.id);
    }
    expect(plan.audio.length).toBeGreaterThan(0);
    expect(order).toEqual([
      ...plan.audio.map(({ track }) => `job-${track}`),
      ...plan.chunks.map(({ index }) => `job-chunk-${index}`).reverse(),
    ]);
  });

  test('a rank goes before weight', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [
      { ...task('job-heavy', 9), rank: 2 },
      { ...task('job-early', 1), rank: 1 },
    ]);
    expect((await leaseNext(board)).task.id).toBe('job-early');
  });
});

describe('between jobs of one priority', () => {
  test('a film that was first lets clips that come later have their share', async () => {
    const board = await newBoard();
    await board.submit('film', 50, many('film', 100));
    await leaseJobs(board, 40);
    for (let clip = 0; clip < 10; clip++) {
      passTime(1);
      await board.submit(`clip${clip}`, 50, many(`clip${clip}`, 2));
    }
    const next = await leaseJobs(board, 22);
    // Two rounds of eleven jobs: every clip is through, the film had its turns, and made up for nothing.
    expect(countOf(next, 'film')).toBe(2);
    expect(new Set(next).size).toBe(11);
  });

  test('shares are of work, not of tasks', async () => {
    const board = await newBoard();
    await board.submit('long', 50, many('long', 20, 4));
    await board.submit('short', 50, many('short', 80, 1));
    const jobs = await leaseJobs(board, 50);
    expect(countOf(jobs, 'long')).toBe(10);
    expect(countOf(jobs, 'short')).toBe(40);
  });

  test('a job that had nothing to hand out for a while does not make up for it', async () => {
    const board = await newBoard();
    await board.submit('pause', 50, many('pause', 1));
    await board.submit('busy', 50, many('busy', 100));
    await leaseJobs(board, 51);
    await board.submit('pause', 50, many('pause', 50).slice(1));
    expect(countOf(await leaseJobs(board, 20), 'pause')).toBe(10);
  });
});

describe('priorities', () => {
  test('can be changed while tasks wait; the job starts level with those it joins', async () => {
    const board = await newBoard();
    await board.submit('a', 50, many('a', 60));
    await leaseJobs(board, 20);
    await board.submit('b', 80, many('b', 60));
    await leaseJobs(board, 2);
    await board.setPriority('a', 80);
    expect(countOf(await leaseJobs(board, 20), 'a')).toBe(10);
    await board.setPriority('b', 100);
    expect(countOf(await leaseJobs(board, 5), 'b')).toBe(5);
  });
});

type Fleet = { jobs: number[][]; arrivals: number[]; encoders: number };

const fleets: fc.Arbitrary<Fleet> = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.record({
    jobs: fc.array(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 }), {
      minLength: count,
      maxLength: count,
    }),
    arrivals: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: count, maxLength: count }),
    encoders: fc.integer({ min: 1, max: 8 }),
  }),
);

type Grant = { job: number; weight: number; waiting: ReadonlySet<number> };

/** Works everything off; each encoder is busy for as many rounds as its task weighs. */
async function simulate(board: Board, { jobs, arrivals, encoders }: Fleet): Promise<Grant[]> {
  const left = jobs.map((weights) => weights.length);
  const busyUntil = Array.from({ length: encoders }, () => 0);
  const holds: ({ id: string; lease: string } | null)[] = busyUntil.map(() => null);
  const grants: Grant[] = [];
  for (let round = 0; left.some((count) => count > 0); round++) {
    for (const [job, weights] of jobs.entries()) {
      if (arrivals[job] === round) {
        await board.submit(
          `j${job}`,
          50,
          weights.map((weight, index) => task(`j${job}-${index}`, weight)),
        );
      }
    }
    for (const [encoder, until] of busyUntil.entries()) {
      const held = holds[encoder];
      if (until > round) {
        continue;
      }
      if (held != null) {
        await board.complete(held.id, held.lease, RESULT);
        holds[encoder] = null;
      }
      const waiting = new Set(left.flatMap((count, job) => (count > 0 && (arrivals[job] ?? 0) <= round ? [job] : [])));
      const { lease } = await board.awaitLease({ ...ENCODER, id: `enc-${encoder}` });
      if (lease === null) {
        expect(waiting.size).toBe(0);
        continue;
      }
      const [name = '', index] = lease.task.id.split('-');
      const job = Number(name.slice(1));
      const weight = jobs[job]?.[Number(index)] ?? 0;
      left[job] = (left[job] ?? 0) - 1;
      grants.push({ job, weight, waiting });
      holds[encoder] = { id: lease.task.id, lease: lease.lease };
      busyUntil[encoder] = round + weight;
    }
  }
  return grants;
}

test('any fleet: every task is handed out, and no waiting job falls behind another by more than a task of each', async () => {
  await fc.assert(
    fc.asyncProperty(fleets, async (fleet) => {
      const board = await newBoard();
      const grants = await runInDurableObject(board, (instance) => simulate(instance as unknown as Board, fleet));
      expect(grants.length).toBe(fleet.jobs.flat().length);
      const heaviest = fleet.jobs.map((weights) => Math.max(...weights));
      for (const a of fleet.jobs.keys()) {
        for (const b of fleet.jobs.keys()) {
          // Over any time in which both waited, as far as one got ahead.
          let ahead = 0;
          for (const { job, weight, waiting } of grants) {
            const bothWait = waiting.has(a) && waiting.has(b);
            ahead = bothWait ? Math.max(0, ahead + (job === a ? weight : job === b ? -weight : 0)) : 0;
            expect(ahead).toBeLessThanOrEqual((heaviest[a] ?? 0) + (a === b ? Infinity : (heaviest[b] ?? 0)));
          }
        }
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);
