/**
 * EncodeWorkflow: one job from source to published version, as straight-line code. The workflow engine persists every
 * step's result, so a restart resumes where it was; encode work itself happens in encoders, through the TaskBoard.
 */

import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { z } from 'zod';
import { DEFAULT_PRIORITY } from '../../../catalog/assets.ts';
import { type JobRef, markEncoding, markFailed, markQueued } from '../../../catalog/job-progress.ts';
import { configOf } from '../../../config.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { log } from '../../../platform/log.ts';
import { encodeResultSchema } from '../../../protocol/encode-result.ts';
import { earlyVideo } from '../../../protocol/plan.ts';
import { type EncodePlan, encodePlanSchema } from '../../../protocol/plan-schema.ts';
import { type SourceFacts, sourceFactsSchema } from '../../../protocol/source-facts.ts';
import { pullSource } from '../../sources/pull.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';
import { type TaskEnd, taskEndSchema, taskEventType } from '../board/task-notifier.ts';
import type { NewTask } from '../board/task-store.ts';
import { JobFailure, jobErrorOf } from '../job-failure.ts';
import { planJob } from '../plan/job-plan.ts';
import { audioTasks, chunkTasks, earlyTasks, inspectTask } from '../plan/job-tasks.ts';
import { assemblePresentation, partsOf, type ReportedChunk } from '../publish/assemble.ts';
import { checkPresentation, requireNone } from '../publish/check.ts';
import { checkTrackObjects } from '../publish/check-objects.ts';
import { mergeWarnings } from '../publish/merge-warnings.ts';
import { type PrewarmEnv, prewarmAsset } from '../publish/prewarm-asset.ts';
import { publishRevision, withTracksOf } from '../publish/publish.ts';
import type { EncodeParams } from './settle-jobs.ts';

/**
 * How long a task may go on before the board is asked, in case its event was lost. After a week without an encoder the job
 * fails. Five waits, each longer than the one before, because a wait and its question are two steps: a job of MAX_CHUNKS
 * chunks without any encoder takes 9,330 of the 10,000 steps that it may have.
 */
const TASK_WAITS = ['1 hour', '5 hours', '18 hours', '48 hours', '96 hours'] as const;

/** Of one track: a broken version is broken everywhere, and a step's result has a limit. */
const VIOLATIONS_TOLD = 20;

/** Prewarming has its own time limit; this one is for a call that never returns. No retry: players fill the caches too. */
const PREWARM_STEP = { retries: { limit: 0, delay: 0 }, timeout: '1 minute' } as const;

export class EncodeWorkflow extends WorkflowEntrypoint<Bindings & BoardEnv & PrewarmEnv, EncodeParams> {
  override async run(event: Readonly<WorkflowEvent<EncodeParams>>, step: WorkflowStep): Promise<void> {
    const job = event.payload;
    try {
      await this.#encode(job, step);
    } catch (error) {
      const failure = jobErrorOf(error, job);
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
      const pulled = await pullSource(MEDIA, job.source, configOf(this.env).SOURCE_LOOPBACK === 'on');
      await markQueued(CATALOG, job, Date.now());
      return pulled;
    });

    const inspection = inspectTask(job, source);
    await this.#submit('inspect', [inspection], job, step);
    const facts = sourceFactsSchema.parse((await this.#waitForTask(inspection.id, step)).result);

    // Parsed again: the engine may hold the step's result from before an upgrade, in that release's shape.
    const plan = encodePlanSchema.parse(
      await step.do('plan', async () => {
        await markEncoding(CATALOG, job, Date.now(), facts.warnings);
        return await planJob(this.env, job, facts);
      }),
    );

    // All sound and the early rendition; the other renditions are encoded beside them.
    const read = facts.remux === undefined ? source : { ...source, remux: facts.remux };
    const first = [...audioTasks(job, read, plan), ...earlyTasks(job, read, plan)];
    const rest = chunkTasks(job, read, plan);
    await this.#submit('encode', [...first, ...rest], job, step);
    const firstReports = this.#reportsOf(first, step);
    const restReports = this.#reportsOf(rest, step);
    let published: string[] = [];
    if (plan.early !== null) {
      // A failure of the rest is handled below: the early rendition is published all the same.
      restReports.catch(() => undefined);
      const early = { ...plan, video: earlyVideo(plan.video, plan.early.track) };
      published = await this.#publish('partial', { facts, plan: early, reports: await firstReports }, [], job, step);
    }
    const reports = (await Promise.all([firstReports, restReports])).flat();
    await this.#publish('full', { facts, plan, reports }, published, job, step);
    try {
      await step.do('prewarm', PREWARM_STEP, () => prewarmAsset(this.env, job.assetId));
    } catch (error) {
      // The asset is ready all the same.
      log.warn({ event: 'prewarm_failed', job: job.jobId, asset: job.assetId, reason: String(error) });
    }
  }

  /**
   * Assembles a presentation, checks and publishes it. Returns its tracks. Throws JobFailure. Objects of tracks that are
   * already `published` are not checked again: they cannot have changed.
   */
  async #publish(
    extent: 'partial' | 'full',
    { facts, plan, reports }: { facts: SourceFacts; plan: EncodePlan; reports: readonly ReportedChunk[] },
    published: readonly string[],
    job: JobRef,
    step: WorkflowStep,
  ): Promise<string[]> {
    // Not a step: it is pure, and a step's result may have 1 MiB, which a film of more than six hours would exceed.
    const presentation = assemblePresentation(job, facts, plan, reports);
    requireNone(checkPresentation(plan, reports, presentation));
    const unchecked = presentation.tracks.filter(({ id }) => !published.includes(id));
    const found = await Promise.all(
      unchecked.map((track) =>
        step.do(`check ${track.id}`, async () => {
          const violations = await checkTrackObjects(this.env.MEDIA, job, track, partsOf(reports, track.id));
          return violations.slice(0, VIOLATIONS_TOLD);
        }),
      ),
    );
    requireNone(found.flat());
    const sound = plan.audio.map(({ track }) => track);
    const warnings = mergeWarnings(facts.warnings, reports, sound);
    await step.do(extent === 'full' ? 'publish' : 'publish early', async () => {
      await publishRevision(this.env, job, extent, warnings, (base) => withTracksOf(base, presentation));
    });
    return presentation.tracks.map(({ id }) => id);
  }

  async #submit(stage: string, tasks: NewTask[], job: JobRef, step: WorkflowStep): Promise<void> {
    await step.do(`submit ${stage}`, async () => {
      await taskBoard(this.env).submit(job.jobId, DEFAULT_PRIORITY, tasks);
    });
  }

  /** The results of submitted tasks, in their order. Throws JobFailure as soon as one has failed. */
  async #reportsOf(tasks: NewTask[], step: WorkflowStep): Promise<ReportedChunk[]> {
    const ends = await Promise.all(tasks.map((task) => this.#waitForTask(task.id, step)));
    return ends.map(({ attempt, result }) => ({ attempt, ...encodeResultSchema.parse(result) }));
  }

  async #waitForTask(taskId: string, step: WorkflowStep): Promise<{ attempt: string; result: unknown }> {
    for (const [index, timeout] of TASK_WAITS.entries()) {
      const end = await this.#nextEnd(taskId, index + 1, timeout, step);
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
  async #nextEnd(
    taskId: string,
    wait: number,
    timeout: (typeof TASK_WAITS)[number],
    step: WorkflowStep,
  ): Promise<TaskEnd | null> {
    try {
      const event = await step.waitForEvent<Record<string, never>>(`${taskId} ends (${wait})`, {
        type: taskEventType(taskId),
        timeout,
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
