/**
 * EncodeWorkflow: one job from source to published version, as straight-line code. The workflow engine persists every
 * step's result, so a restart resumes where it was; encode work itself happens in encoders, through the TaskBoard.
 */

import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { z } from 'zod';
import { DEFAULT_PRIORITY, findAsset } from '../../../catalog/assets.ts';
import { type JobRef, markEncoding, markFailed, markQueued } from '../../../catalog/job-progress.ts';
import { configOf } from '../../../config.ts';
import type { Unnumbered } from '../../../media/presentation.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { log } from '../../../platform/log.ts';
import { type EncodeResult, encodeResultSchema } from '../../../protocol/encode-result.ts';
import { earlyVideo, planEncode } from '../../../protocol/plan.ts';
import { type EncodePlan, encodePlanSchema } from '../../../protocol/plan-schema.ts';
import { type SourceFacts, sourceFactsSchema } from '../../../protocol/source-facts.ts';
import { pullSource } from '../../sources/pull.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';
import { taskEndSchema, taskEventType } from '../board/task-events.ts';
import type { NewTask } from '../board/task-store.ts';
import { JobFailure, jobErrorOf } from '../job-failure.ts';
import { fleetCores } from '../plan/fleet-cores.ts';
import { audioTasks, chunkTasks, earlyTasks, inspectTask } from '../plan/job-tasks.ts';
import { keepPlan } from '../plan/kept-plan.ts';
import { assemblePresentation, partsOf, type ReportedChunk } from '../publish/assemble.ts';
import { checkPresentation } from '../publish/check.ts';
import { checkTrackObjects } from '../publish/check-objects.ts';
import { type PrewarmEnv, prewarmAsset } from '../publish/prewarm-asset.ts';
import { publishRevision, withTracksOf } from '../publish/publish.ts';
import { requireNone } from '../publish/violation.ts';
import type { EncodeParams } from './params.ts';

/**
 * How long a task may go on before the board is asked, in case its event was lost; a week in all: whoever has had no
 * encoder for that long wants to hear of a failure. Five waits, each longer than the one before, because a wait and its
 * question are two steps: a job of MAX_CHUNKS chunks that nobody encodes takes 9,330 of the 10,000 that it may have.
 */
const TASK_WAITS = ['1 hour', '5 hours', '18 hours', '48 hours', '96 hours'] as const;

/** Of one track: a broken version is broken everywhere, and a step's result has a limit. */
const VIOLATIONS_TOLD = 20;

/** Warming bounds itself in time; this is for a call that never comes back. Once: players make up for a failure. */
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
        await markEncoding(CATALOG, job, Date.now());
        return await keepPlan(this.env, job, await this.#plan(facts, job));
      }),
    );

    // The sound, whole, and what is to be ready early; the rest of the picture beside them.
    const first = [...audioTasks(job, source, plan), ...earlyTasks(job, source, plan)];
    const rest = chunkTasks(job, source, plan);
    await this.#submit('encode', [...first, ...rest], job, step);
    const ends = { first: this.#reportsOf(first, step), rest: this.#reportsOf(rest, step) };
    const early = await this.#publishEarly(plan, facts, ends, job, step);
    const reports = (await Promise.all([ends.first, ends.rest])).flat();

    // Not a step: it is pure, and a step's result may have 1 MiB, which a film of more than six hours would exceed.
    const presentation = assemblePresentation(job, facts, plan, reports);
    await this.#check(presentation, plan, reports, early, job, step);
    await step.do('publish', async () => {
      await publishRevision(this.env, job, 'full', (base) => withTracksOf(base, presentation));
    });
    await this.#prewarm(job, step);
  }

  /** An asset of which something plays has no use for an early rendition, which would replace it by less. */
  async #plan(facts: SourceFacts, job: JobRef): Promise<EncodePlan> {
    const { X264_PRESET, CHUNK_SEGMENTS, EARLY_RENDITION } = configOf(this.env);
    const asset = await findAsset(this.env.CATALOG, job.assetId);
    return planEncode(facts, {
      preset: X264_PRESET,
      chunkSegments: CHUNK_SEGMENTS,
      fleetCores: await fleetCores(this.env),
      early: asset?.current_version == null ? EARLY_RENDITION : 'off',
    });
  }

  /**
   * Publishes the early rendition with the sound as soon as both are there. Null where the plan has none. A failure of the
   * rest is only then heard: what is nearly ready to play is not given up for it.
   */
  async #publishEarly(
    plan: EncodePlan,
    facts: SourceFacts,
    ends: { first: Promise<ReportedChunk[]>; rest: Promise<ReportedChunk[]> },
    job: JobRef,
    step: WorkflowStep,
  ): Promise<Unnumbered | null> {
    if (plan.early === null) {
      return null;
    }
    // Whoever calls this waits for it next.
    ends.rest.catch(() => undefined);
    const part = { ...plan, video: earlyVideo(plan.video, plan.early.track) };
    const reports = await ends.first;
    const presentation = assemblePresentation(job, facts, part, reports);
    await this.#check(presentation, part, reports, null, job, step);
    await step.do('publish early', async () => {
      await publishRevision(this.env, job, 'partial', (base) => withTracksOf(base, presentation));
    });
    return presentation;
  }

  /** Throws JobFailure. Objects of tracks that an earlier revision has are not looked at again: they cannot have changed. */
  async #check(
    presentation: Unnumbered,
    plan: EncodePlan,
    reports: readonly ReportedChunk[],
    earlier: Unnumbered | null,
    job: JobRef,
    step: WorkflowStep,
  ): Promise<void> {
    requireNone(checkPresentation(plan, reports, presentation));
    const checked = new Set(earlier?.tracks.map(({ id }) => id));
    const found = await Promise.all(
      presentation.tracks
        .filter(({ id }) => !checked.has(id))
        .map((track) =>
          step.do(`check ${track.id}`, async () => {
            const violations = await checkTrackObjects(this.env.MEDIA, job, track, partsOf(reports, track.id));
            return violations.slice(0, VIOLATIONS_TOLD);
          }),
        ),
    );
    requireNone(found.flat());
  }

  /** The asset is ready; whatever becomes of this changes nothing about it. */
  async #prewarm(job: JobRef, step: WorkflowStep): Promise<void> {
    try {
      await step.do('prewarm', PREWARM_STEP, () => prewarmAsset(this.env, job.assetId));
    } catch (error) {
      const { jobId, assetId } = job;
      log.warn({ event: 'prewarm_failed', job: jobId, asset: assetId, reason: String(error) });
    }
  }

  async #submit(stage: string, tasks: NewTask[], job: JobRef, step: WorkflowStep): Promise<void> {
    await step.do(`submit ${stage}`, async () => {
      await taskBoard(this.env).submit(job.jobId, DEFAULT_PRIORITY, tasks);
    });
  }

  /** What submitted tasks encoded, in their order. Throws JobFailure as soon as one has failed. */
  async #reportsOf(tasks: NewTask[], step: WorkflowStep): Promise<ReportedChunk[]> {
    const ends = await Promise.all(tasks.map((task) => this.#waitForTask(task.id, step)));
    return ends.map(({ attempt, result }) => ({
      attempt,
      ...(encodeResultSchema.parse(result) satisfies EncodeResult),
    }));
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

  /** The task's event, or what the board says once the wait has run out; null while the task goes on. */
  async #nextEnd(
    taskId: string,
    wait: number,
    timeout: (typeof TASK_WAITS)[number],
    step: WorkflowStep,
  ): Promise<z.infer<typeof taskEndSchema> | null> {
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
