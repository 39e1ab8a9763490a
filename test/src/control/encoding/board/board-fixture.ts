/** Boards for tests: each in a Durable Object of its own, with the clock in the test's hands and workflows that remember. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { NewTask } from '../../../../../src/control/encoding/board/task-store.ts';
import { chunkTasks } from '../../../../../src/control/encoding/plan/job-tasks.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import type { Encoder, Lease } from '../../../../../src/protocol/tasks.ts';
import { sourceFacts } from '../../../protocol/fixture.ts';

/** LEASE_SECONDS by default. */
export const LEASE_MS = 30_000;
export const ENCODER: Encoder = { id: 'enc-1', version: '0.1.0', cores: 2, memoryBytes: 1 };
export const RESULT = sourceFacts();

let boards = 0;
let now = 0;

/** For `beforeEach`; `vi.useRealTimers` ends it. The date only: timers of the runtime go on. */
export function stopClock(): void {
  now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
}

export function passTime(ms: number): void {
  now += ms;
  vi.setSystemTime(now);
}

type Told = { job: string; type: string; payload: unknown };

/** Workflows that only remember what they are told, and can be made to be away. */
export function newWorkflows() {
  const told: Told[] = [];
  const workflows = {
    away: false,
    told,
    get: async (job: string) => {
      if (workflows.away) {
        throw new Error('instance.not_found');
      }
      return { sendEvent: async (event: { type: string; payload: unknown }) => void told.push({ job, ...event }) };
    },
  };
  return workflows;
}

export async function newBoard(workflows = newWorkflows()) {
  boards += 1;
  const board = env.TASK_BOARD.get(env.TASK_BOARD.idFromName(`board-${boards}`));
  await runInDurableObject(board, (instance) => Reflect.set(instance, 'env', { ...env, ENCODE_WORKFLOW: workflows }));
  return board;
}
export type Board = Awaited<ReturnType<typeof newBoard>>;

export const task = (id: string, weight = 1): NewTask => ({
  id,
  input: { kind: 'inspect', source: { key: 'sources/film/film.mp4', sizeBytes: 1 } },
  weight,
});

const [anyChunk] = chunkTasks(
  { jobId: 'job', assetId: 'film', version: 'ver1' },
  { key: 'sources/film/film.mp4', sizeBytes: 1 },
  planEncode(sourceFacts(), { preset: 'medium' }),
);

/** A chunk task of the weight that a test wants; the board does not look into it. */
export function chunk(id: string, weight: number): NewTask {
  if (anyChunk === undefined) {
    throw new Error('a plan without chunks');
  }
  return { ...anyChunk, id, weight };
}

/** Throws where nothing waits. */
export async function leaseNext(board: Board, encoder: Encoder = ENCODER): Promise<Lease> {
  const { lease } = await board.awaitLease(encoder);
  if (lease === null) {
    throw new Error('nothing waits');
  }
  return lease;
}

export async function stateOf(board: Board, jobId: string, index = 0) {
  const { tasks } = await board.jobSummary(jobId);
  return tasks[index];
}
