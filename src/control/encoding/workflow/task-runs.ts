/** The tasks of one run of a job's workflow: submits them to the board and waits for their ends. */

import type { WorkflowStep } from 'cloudflare:workers';
import { z } from 'zod';
import { DEFAULT_PRIORITY } from '../../../catalog/assets.ts';
import type { JobRef } from '../../../catalog/job-progress.ts';
import { encodeResultSchema, type TextResult, textResultSchema } from '../../../protocol/encode-result.ts';
import { TASK_ERRORS } from '../../../protocol/tasks.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';
import { type TaskEnd, taskEndSchema, taskEventType } from '../board/task-notifier.ts';
import type { NewTask } from '../board/task-store.ts';
import { failureOf, JobFailure } from '../job-failure.ts';
import type { ReportedChunk } from '../publish/assemble.ts';

/**
 * How long a task may go on before the board is asked, in case its event was lost. After a week without an encoder the job
 * fails. Five waits, each longer than the one before, because a wait and its question are two steps: a job of
 * MAX_TASKS_PER_JOB tasks without any encoder takes 9,700 of the 10,000 steps that it may have.
 */
const TASK_WAITS = ['1 hour', '5 hours', '18 hours', '48 hours', '96 hours'] as const;

/** Of a warning (src/protocol/warnings.ts). */
const MAX_MESSAGE = 500;

/** Cues that an attempt has written. */
export type ReportedTexts = TextResult & { attempt: string };

export class TaskRuns {
  readonly #env: BoardEnv;
  readonly #job: JobRef;
  readonly #step: WorkflowStep;

  constructor(env: BoardEnv, job: JobRef, step: WorkflowStep) {
    this.#env = env;
    this.#job = job;
    this.#step = step;
  }

  async submit(stage: string, tasks: NewTask[]): Promise<void> {
    await this.#step.do(`submit ${stage}`, async () => {
      await taskBoard(this.#env).submit(this.#job.jobId, DEFAULT_PRIORITY, tasks);
    });
  }

  /** The results of submitted tasks, in their order. Throws JobFailure as soon as one has failed. */
  async reportsOf(tasks: readonly NewTask[]): Promise<ReportedChunk[]> {
    const ends = await Promise.all(tasks.map((task) => this.waitFor(task.id)));
    return ends.map(({ attempt, result }) => ({ attempt, ...encodeResultSchema.parse(result) }));
  }

  /** The result of a text task. A film whose text cannot be extracted plays without it. */
  async textsOf(task: NewTask): Promise<ReportedTexts> {
    try {
      const { attempt, result } = await this.waitFor(task.id);
      return { attempt, ...textResultSchema.parse(result) };
    } catch (error) {
      const failure = error instanceof JobFailure ? failureOf(error) : null;
      if (failure === null || !(failure.code in TASK_ERRORS)) {
        throw error;
      }
      const message = `The text tracks of the source are left out. ${failure.message}`.slice(0, MAX_MESSAGE);
      return { attempt: '1', texts: [], warnings: [{ code: 'track_dropped', message }] };
    }
  }

  /** Throws JobFailure where it fails. */
  async waitFor(taskId: string): Promise<{ attempt: string; result: unknown }> {
    for (const [index, timeout] of TASK_WAITS.entries()) {
      const end = await this.#nextEnd(taskId, index + 1, timeout);
      if (end?.state === 'done') {
        return { attempt: end.attempt, result: end.result };
      }
      if (end?.state === 'failed') {
        throw new JobFailure(end.error.code, end.error.message);
      }
      if (end?.state === 'cancelled') {
        throw new JobFailure('cancelled', 'The job was cancelled');
      }
    }
    throw new JobFailure('no_encoder', 'No encoder took the task for a week');
  }

  /** The task's event, or the board's answer after the wait; null while the task has not ended. */
  async #nextEnd(taskId: string, wait: number, timeout: (typeof TASK_WAITS)[number]): Promise<TaskEnd | null> {
    try {
      const event = await this.#step.waitForEvent<Record<string, never>>(`${taskId} ends (${wait})`, {
        type: taskEventType(taskId),
        timeout,
      });
      return taskEndSchema.parse(event.payload);
    } catch (error) {
      if (error instanceof z.ZodError) {
        throw error;
      }
      const end = await this.#step.do(`ask for ${taskId} (${wait})`, async () =>
        JSON.stringify(await taskBoard(this.#env).taskEnd(taskId)),
      );
      return taskEndSchema.nullable().parse(JSON.parse(end));
    }
  }
}
