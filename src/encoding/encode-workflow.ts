/**
 * EncodeWorkflow: one job from source to published version, as straight-line code. The workflow engine persists every
 * step's result, so a restart resumes where it was; encode work itself happens in encoders, through the TaskBoard.
 */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { z } from 'zod';
import { prewarmAsset } from '../catalog/prewarm-asset.ts';
import { type JobRef, markEncoding, markFailed, markQueued } from '../catalog/progress.ts';
import { configOf } from '../config.ts';
import { type EncodePlan, planEncode } from '../contract/plan.ts';
import { sourceFactsSchema } from '../contract/source-facts.ts';
import { type EncodeResult, encodeResultSchema } from '../contract/tasks.ts';
import { type Env, taskBoard } from '../env.ts';
import { pullSource } from '../ingest/pull.ts';
import { assemblePresentation, partsOf, type ReportedChunk } from './assemble.ts';
import { checkPresentation } from './check.ts';
import { checkTrackObjects } from './check-objects.ts';
import { JobFailure, jobErrorOf } from './job-failure.ts';
import { audioTasks, chunkTasks, inspectTask } from './job-tasks.ts';
import { publish } from './publish.ts';
import { taskEndSchema, taskEventType } from './task-events.ts';
import type { NewTask } from './task-store.ts';
import { requireNone } from './violation.ts';

export type EncodeParams = JobRef & { source: { key: string; url: string | null } };

/** A task may wait for an encoder this long in one go; then the board is asked, in case its event was lost. */
const TASK_WAIT = '1 hour';
/** A week of waits: whoever has had no encoder for that long wants to hear of a failure. */
const TASK_WAITS_MAX = 7 * 24;

/** Of one track: a broken version is broken everywhere, and a step's result has a limit. */
const VIOLATIONS_TOLD = 20;

/** Warming bounds itself in time; this is for a call that never comes back. Once: players make up for a failure. */
const PREWARM_STEP = { retries: { limit: 0, delay: 0 }, timeout: '1 minute' } as const;

const DEFAULT_PRIORITY = 50;

export class EncodeWorkflow extends WorkflowEntrypoint<Env, EncodeParams> {
  override async run(event: Readonly<WorkflowEvent<EncodeParams>>, step: WorkflowStep): Promise<void> {
    const job = event.payload;
    try {
      await this.#encode(job, step);
    } catch (error) {
      const failure = jobErrorOf(error);
      await step.do('record failure', async () => {
        await markFailed(this.env.CATALOG, job, failure, Date.now());
      });
    } finally {
      await step.do('close job', async () => {
        await taskBoard(this.env).closeJob(job.jobId);
      });
    }
  }

  async #encode(job: EncodeParams, step: WorkflowStep): Promise<void> {
    const { CATALOG, MEDIA } = this.env;

    const source = await step.do('fetch source', async () => {
      const pulled = await pullSource(MEDIA, job.source);
      await markQueued(CATALOG, job, Date.now());
      return pulled;
    });

    const inspected = await this.#runTasks('inspect', [inspectTask(job, source)], job, step);
    const facts = sourceFactsSchema.parse(inspected[0]?.result);

    const plan = await step.do('plan', async () => {
      await markEncoding(CATALOG, job, Date.now());
      const { X264_PRESET, CHUNK_SEGMENTS } = configOf(this.env);
      return planEncode(facts, { preset: X264_PRESET, chunkSegments: CHUNK_SEGMENTS });
    });

    const reports = await this.#encodeTracks(plan, source, job, step);

    // Not a step: it is pure, and a step's result may have 1 MiB, which a film of more than six hours would exceed.
    const presentation = assemblePresentation(job, facts, plan, reports);

    requireNone(checkPresentation(plan, reports, presentation));
    const found = await Promise.all(
      presentation.tracks.map((track) =>
        step.do(`check ${track.id}`, async () => {
          const taskStarts = new Set(partsOf(reports, track.id).map(({ firstNumber }) => firstNumber));
          const violations = await checkTrackObjects(MEDIA, job, track, taskStarts);
          return violations.slice(0, VIOLATIONS_TOLD);
        }),
      ),
    );
    requireNone(found.flat());

    await step.do('publish', async () => {
      await publish(this.env, job, presentation);
    });
    await this.#prewarm(job, step);
  }

  /** The asset is ready; whatever becomes of this changes nothing about it. */
  async #prewarm(job: JobRef, step: WorkflowStep): Promise<void> {
    try {
      await step.do('prewarm', PREWARM_STEP, () => prewarmAsset(this.env, job.assetId));
    } catch (error) {
      console.warn(JSON.stringify({ event: 'prewarm_failed', reason: String(error) }));
    }
  }

  /** Audio, whole, beside the chunks of the picture. */
  async #encodeTracks(
    plan: EncodePlan,
    source: { key: string; sizeBytes: number },
    job: EncodeParams,
    step: WorkflowStep,
  ): Promise<ReportedChunk[]> {
    const tasks = [...audioTasks(job, source, plan), ...chunkTasks(job, source, plan)];
    const ends = await this.#runTasks('encode', tasks, job, step);
    return ends.map(({ attempt, result }) => ({
      attempt,
      ...(encodeResultSchema.parse(result) satisfies EncodeResult),
    }));
  }

  /** Submits tasks together and waits for all of them; results in the order of the tasks. Throws JobFailure. */
  async #runTasks(
    stage: string,
    tasks: NewTask[],
    job: JobRef,
    step: WorkflowStep,
  ): Promise<{ attempt: string; result: unknown }[]> {
    await step.do(`submit ${stage}`, async () => {
      await taskBoard(this.env).submit(job.jobId, DEFAULT_PRIORITY, tasks);
    });
    return await Promise.all(tasks.map((task) => this.#waitForTask(task.id, step)));
  }

  async #waitForTask(taskId: string, step: WorkflowStep): Promise<{ attempt: string; result: unknown }> {
    for (let wait = 1; wait <= TASK_WAITS_MAX; wait++) {
      const end = await this.#nextEnd(taskId, wait, step);
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

  /** The task's event, or what the board says once the wait has run out; null while the task goes on. */
  async #nextEnd(taskId: string, wait: number, step: WorkflowStep): Promise<z.infer<typeof taskEndSchema> | null> {
    try {
      const event = await step.waitForEvent<Record<string, never>>(`${taskId} ends (${wait})`, {
        type: taskEventType(taskId),
        timeout: TASK_WAIT,
      });
      return taskEndSchema.parse(event.payload);
    } catch (error) {
      if (error instanceof z.ZodError) {
        throw error;
      }
      const end = await step.do(`ask for ${taskId} (${wait})`, async () =>
        JSON.stringify(await taskBoard(this.env).taskEnd(taskId)),
      );
      return taskEndSchema.nullable().parse(JSON.parse(end));
    }
  }
}
