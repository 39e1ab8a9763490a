/** Plays the encoder over HTTP: leases tasks, uploads small CMAF, reports. Jobs are waited for by their workflow's steps. */
import { evictDurableObject, introspectWorkflow, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { taskBoard } from '../../../../src/control/encoding/board/board-stub.ts';
import type { EncodeResult } from '../../../../src/protocol/encode-result.ts';
import type { SourceFacts } from '../../../../src/protocol/source-facts.ts';
import { type Lease, leaseSchema, type TaskError } from '../../../../src/protocol/tasks.ts';
import { type Answer, call } from '../../http/client.ts';
import { encode, upload } from './fake-encoder.ts';

const ENCODER = { id: 'enc-1', version: '0.1.0', cores: 2, memoryBytes: 1 };

export const encoderCall = (path: string, json: unknown): Promise<Answer> =>
  call('POST', path, { token: env.ENCODER_TOKEN, json });

/** Null where nothing waits. */
export async function lease(): Promise<Lease | null> {
  const { status, body } = await encoderCall('/v1/encoders/lease', { encoder: ENCODER });
  return status === 204 ? null : leaseSchema.parse(body);
}

export async function leaseOrThrow(): Promise<Lease> {
  const leased = await lease();
  if (leased === null) {
    throw new Error('nothing waits');
  }
  return leased;
}

async function expectTaken(answer: Answer): Promise<void> {
  if (answer.status !== 204) {
    throw new Error(`a report was refused: ${JSON.stringify(answer.body)}`);
  }
}

export const complete = async (leased: Lease, result: unknown): Promise<void> =>
  expectTaken(await encoderCall(`/v1/tasks/${leased.task.id}/complete`, { lease: leased.lease, result }));

export const fail = async (leased: Lease, error: TaskError): Promise<void> =>
  expectTaken(await encoderCall(`/v1/tasks/${leased.task.id}/fail`, { lease: leased.lease, error }));

/** `change` falsifies what is reported, after the objects are uploaded. */
export async function encodeTask(leased: Lease, change: (result: EncodeResult) => void = () => {}): Promise<void> {
  const { attempt, input } = leased.task;
  if (input.kind === 'inspect' || input.kind === 'inspect_sound') {
    throw new Error('an inspection where a chunk or sound was expected');
  }
  const { result, objects } = await encode(input, attempt);
  await upload(env.MEDIA, objects);
  change(result);
  await complete(leased, result);
}

type Job = Awaited<ReturnType<Awaited<ReturnType<typeof introspectWorkflow>>['get']>>[number];

export type Start = <T>(start: () => Promise<T>) => Promise<{ started: T; job: Job }>;

/** Runs `use` with a way to start jobs and watch their workflows. One at a time: the engine has one watcher. */
export async function withJobs(use: (start: Start) => Promise<void>): Promise<void> {
  const workflows = await introspectWorkflow(env.ENCODE_WORKFLOW);
  let known = 0;
  try {
    await use(async (start) => {
      const started = await start();
      const jobs = await workflows.get();
      const job = jobs[known];
      if (job === undefined) {
        throw new Error('no job was started');
      }
      known = jobs.length;
      return { started, job };
    });
  } finally {
    await workflows.dispose();
    await forgetBoard();
  }
}

/** The next test would be handed tasks of workflows that were stopped, and its plan made for the encoders of this one. */
async function forgetBoard(): Promise<void> {
  const board = taskBoard(env);
  await runInDurableObject(board, (_, { storage }) => storage.deleteAll());
  await evictDurableObject(board);
}

/** Waits for the job's inspection and answers it with `facts`. */
export async function inspect(job: Job, facts: SourceFacts): Promise<void> {
  await job.waitForStepResult({ name: 'submit inspect' });
  await complete(await leaseOrThrow(), facts);
}

/** Encodes all tasks of the job's plan; returns how many they were. */
export async function encodePlan(job: Job, change?: (result: EncodeResult) => void): Promise<number> {
  await job.waitForStepResult({ name: 'submit encode' });
  let count = 0;
  for (let leased = await lease(); leased !== null; leased = await lease()) {
    await encodeTask(leased, change);
    count += 1;
  }
  return count;
}
