/**
 * EncodeWorkflow: one job from source to published version, as straight-line code. The workflow engine persists every
 * step's result, so a restart resumes where it was; encode work itself happens in encoders, through the TaskBoard.
 */

import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { findJob } from '../../../catalog/assets.ts';
import { type JobRef, markEncoding, markFailed, markQueued } from '../../../catalog/job-progress.ts';
import { isActive } from '../../../catalog/rows.ts';
import { configOf } from '../../../config.ts';
import { presentationDurationSeconds } from '../../../media/presentation.ts';
import { log } from '../../../platform/log.ts';
import { cutFacts } from '../../../protocol/cut.ts';
import { parseOptions } from '../../../protocol/encode-options.ts';
import { earlyVideo } from '../../../protocol/plan.ts';
import { type EncodePlan, encodePlanSchema } from '../../../protocol/plan-schema.ts';
import { type SourceFacts, sourceFactsSchema } from '../../../protocol/source-facts.ts';
import { applyTracks } from '../../revisions/apply-tracks.ts';
import { textsFromCues } from '../../revisions/source-texts.ts';
import { TextPacks } from '../../revisions/text-packs.ts';
import { lookAtSource } from '../../source-playback/look-at-source.ts';
import { dropPull, pullSource } from '../../sources/pull.ts';
import { pullInSteps } from '../../sources/pull-steps.ts';
import { taskBoard } from '../board/board-stub.ts';
import { failureOf, jobErrorOf } from '../job-failure.ts';
import { planJob } from '../plan/job-plan.ts';
import { audioTasks, chunkTasks, earlyTasks, inspectTask, textTask } from '../plan/job-tasks.ts';
import { assemblePresentation, type ReportedChunk } from '../publish/assemble.ts';
import { checkPresentation } from '../publish/check.ts';
import { mergeWarnings } from '../publish/merge-warnings.ts';
import { prewarmAsset } from '../publish/prewarm-asset.ts';
import { publishRevision, withTracksOf } from '../publish/publish.ts';
import { requireNone } from '../publish/violations.ts';
import { checkObjects } from './check-objects-step.ts';
import { encodeDub } from './encode-dub.ts';
import { keepAllSamples } from './keep-samples-step.ts';
import { linkSameSource } from './link-source.ts';
import type { EncodeParams, SettleEnv } from './settle-jobs.ts';
import { startDub } from './start-dub.ts';
import { type ReportedTexts, TaskRuns } from './task-runs.ts';

/** Of what a version is made. */
type Parts = { facts: SourceFacts; plan: EncodePlan; reports: readonly ReportedChunk[]; texts: ReportedTexts | null };

/** Prewarming has its own time limit; this one is for a call that never returns. No retry: players fill the caches too. */
const PREWARM_STEP = { retries: { limit: 0, delay: 0 }, timeout: '1 minute' } as const;

/** A minute of tries: where other looks use the memory, or a store is down. Then the film is encoded all the same. */
const LOOK_STEP = { retries: { limit: 5, delay: '2 seconds', backoff: 'exponential' }, timeout: '1 minute' } as const;

export class EncodeWorkflow extends WorkflowEntrypoint<SettleEnv, EncodeParams> {
  override async run(event: Readonly<WorkflowEvent<EncodeParams>>, step: WorkflowStep): Promise<void> {
    const job = event.payload;
    try {
      await (job.track === undefined
        ? this.#encode(job, step)
        : encodeDub(this.env, { ...job, track: job.track }, step));
    } catch (error) {
      const failure = jobErrorOf(error, job);
      await step.do('record failure', async () => {
        await markFailed(this.env.CATALOG, job, failure, Date.now());
      });
    } finally {
      await step.do('close job', async () => {
        await taskBoard(this.env).closeJob(job.jobId);
        // It may have waited for this job.
        await startDub(this.env, job.assetId);
      });
    }
  }

  async #encode(job: EncodeParams, step: WorkflowStep): Promise<void> {
    const { CATALOG, MEDIA } = this.env;

    const source = await pullInSteps(
      step,
      'fetch source',
      async (state) => {
        const pulled = await pullSource(MEDIA, job.source, state, configOf(this.env).SOURCE_LOOPBACK === 'on');
        if ('key' in pulled) {
          await markQueued(CATALOG, job, Date.now());
        }
        return pulled;
      },
      (state) => dropPull(MEDIA, job.source.key, state),
    );

    if (!(await this.#look(job, step))) {
      await this.#prewarm(job, step);
      return;
    }

    const inspection = inspectTask(job, source);
    const tasks = new TaskRuns(this.env, job, step);
    await tasks.submit('inspect', [inspection]);
    const found = sourceFactsSchema.parse((await tasks.waitFor(inspection.id)).result);

    // Parsed again: the engine may hold the step's result from before an upgrade, in that release's shape.
    const plan = encodePlanSchema.parse(
      await step.do('plan', async () => {
        const planned = await planJob(this.env, job, found);
        await markEncoding(CATALOG, job, Date.now(), cutFacts(found, planned.video).warnings);
        return planned;
      }),
    );
    const facts = cutFacts(found, plan.video);

    // All sound and the early rendition; the other renditions are encoded beside them.
    const read = facts.remux === undefined ? source : { ...source, remux: facts.remux };
    const first = [...audioTasks(job, read, plan), ...earlyTasks(job, read, plan)];
    const rest = chunkTasks(job, read, plan);
    const text = textTask(job, read, plan);
    await tasks.submit('encode', [...(text === null ? [] : [text]), ...first, ...rest]);
    const texts = text === null ? null : tasks.textsOf(text);
    const firstReports = tasks.reportsOf(first);
    const restReports = tasks.reportsOf(rest);
    let published: string[] = [];
    if (plan.early !== null) {
      // A failure of the rest is handled below: the early rendition is published all the same.
      restReports.catch(() => undefined);
      const firstEnds = await Promise.all([firstReports, texts]);
      const early = { ...plan, video: earlyVideo(plan.video, plan.early.track) };
      const parts = { facts, plan: early, reports: firstEnds[0], texts: firstEnds[1] };
      published = await this.#publish('partial', parts, [], job, step);
    }
    const [ends, extracted] = await Promise.all([Promise.all([firstReports, restReports]), texts]);
    await this.#publish('full', { facts, plan, reports: ends.flat(), texts: extracted }, published, job, step);
    await this.#prewarm(job, step);
    const { sha256 } = found;
    if (sha256 !== undefined) {
      await this.#afterwards('source_unlinked', job, () =>
        step.do('link source', () => linkSameSource(this.env, { ...source, sha256 })),
      );
    }
  }

  /** Whether anything is to be encoded. Does nothing where the call that made the job has looked. */
  async #look(job: JobRef, step: WorkflowStep): Promise<boolean> {
    const { CATALOG } = this.env;
    try {
      return await step.do('look', LOOK_STEP, async () => {
        await lookAtSource(this.env, job);
        const row = await findJob(CATALOG, job.jobId);
        return row !== null && isActive(row);
      });
    } catch (error) {
      const isEncoded = await step.do('look failed', async () => {
        const { encode = 'always' } = parseOptions((await findJob(CATALOG, job.jobId))?.options ?? null);
        return encode === 'always';
      });
      if (!isEncoded || failureOf(error) !== null) {
        throw error;
      }
      log.warn({ event: 'source_not_looked_at', job: job.jobId, asset: job.assetId, reason: String(error) });
      return true;
    }
  }

  #prewarm(job: JobRef, step: WorkflowStep): Promise<void> {
    return this.#afterwards('prewarm_failed', job, () =>
      step.do('prewarm', PREWARM_STEP, () => prewarmAsset(this.env, job.assetId)),
    );
  }

  /** The asset is ready, whatever becomes of this. */
  async #afterwards(event: string, job: JobRef, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      log.warn({ event, job: job.jobId, asset: job.assetId, reason: String(error) });
    }
  }

  /**
   * Assembles a presentation, checks and publishes it. Returns its tracks. Throws JobFailure. Objects of tracks that are
   * already `published` are not checked again: they cannot have changed.
   */
  async #publish(
    extent: 'partial' | 'full',
    { facts, plan, reports, texts }: Parts,
    published: readonly string[],
    job: JobRef,
    step: WorkflowStep,
  ): Promise<string[]> {
    // Not a step: it is pure, and a step's result may have 1 MiB, which a film of more than six hours would exceed.
    const presentation = assemblePresentation(job, facts, plan, reports);
    requireNone(checkPresentation(plan, reports, presentation));
    const unchecked = presentation.tracks.filter(({ id }) => !published.includes(id));
    await checkObjects(this.env, job, unchecked, reports, step);
    if (extent === 'full') {
      await keepAllSamples(this.env, job, presentation.tracks, reports, step);
    }
    await step.do(extent === 'full' ? 'publish' : 'publish early', async () => {
      const packs = new TextPacks(this.env.MEDIA, job);
      const durationMs = presentationDurationSeconds(presentation) * 1000;
      const made = texts && (await textsFromCues(packs, job, plan.texts ?? [], texts, durationMs));
      const built = made === null ? presentation : { ...presentation, texts: made.texts };
      const told = [...facts.warnings, ...(texts?.warnings ?? []), ...(made?.warnings ?? [])];
      await publishRevision(this.env, job, extent, mergeWarnings(told, reports, plan.audio), (base) =>
        applyTracks(this.env, packs, withTracksOf(base, built), base),
      );
    });
    return presentation.tracks.map(({ id }) => id);
  }
}
