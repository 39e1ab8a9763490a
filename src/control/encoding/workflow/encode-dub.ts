/**
 * The job of a dub: sound that was added to an asset becomes a track of the version that plays, in a revision of its own. The
 * picture is not encoded again. All that can fail is the track.
 */

import type { WorkflowStep } from 'cloudflare:workers';
import { findAsset, findJob } from '../../../catalog/assets.ts';
import { findDub, noteDubContent } from '../../../catalog/dubs.ts';
import { type JobRef, markEncoding, newestRevision } from '../../../catalog/job-progress.ts';
import { configOf } from '../../../config.ts';
import { trackFileKey } from '../../../media/keys.ts';
import { MAX_AUDIO_TRACKS } from '../../../media/limits.ts';
import { type AudioTrack, audioTracks } from '../../../media/presentation.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { parseOptions } from '../../../protocol/encode-options.ts';
import { type SoundFacts, soundFactsSchema } from '../../../protocol/sound-facts.ts';
import type { Warning } from '../../../protocol/warnings.ts';
import { applyTracks } from '../../revisions/apply-tracks.ts';
import { TextPacks } from '../../revisions/text-packs.ts';
import { dropPull, type PullSlice, type PullState, pullSource } from '../../sources/pull.ts';
import { pullInSteps } from '../../sources/pull-steps.ts';
import type { BoardEnv } from '../board/board-stub.ts';
import { JobFailure } from '../job-failure.ts';
import { type DubPlan, filmOf, planDub } from '../plan/dub-plan.ts';
import { fleetCoresOf } from '../plan/job-plan.ts';
import { soundInspectTask, soundTasks } from '../plan/job-tasks.ts';
import { audioTrack } from '../publish/assemble.ts';
import { checkAudioTrack, checkTrackSet } from '../publish/check.ts';
import { mergeWarnings } from '../publish/merge-warnings.ts';
import { publishTrack, readRevision } from '../publish/publish.ts';
import { requireNone } from '../publish/violations.ts';
import { checkObjects } from './check-objects-step.ts';
import { keepAllSamples } from './keep-samples-step.ts';
import { TaskRuns } from './task-runs.ts';

type DubJob = JobRef & { track: string };
type DubEnv = Bindings & BoardEnv;

/** Throws JobFailure. */
export async function encodeDub(env: DubEnv, job: DubJob, step: WorkflowStep): Promise<void> {
  const source = await pullInSteps(
    step,
    'fetch sound',
    (state) => fetchSound(env, job, state),
    async (state) => dropPull(env.MEDIA, soundKey(await findDubOrFail(env, job), job), state),
  );
  const tasks = new TaskRuns(env, job, step);
  const inspection = soundInspectTask(job, source);
  await tasks.submit('inspect', [inspection]);
  const facts = soundFactsSchema.parse((await tasks.waitFor(inspection.id)).result);
  const { film, plan } = await step.do('plan', () => planJob(env, job, facts));

  const read = facts.remux === undefined ? source : { ...source, remux: facts.remux };
  const encodes = soundTasks(job, read, plan.originSeconds, plan);
  await tasks.submit('encode', encodes);
  const reports = await tasks.reportsOf(encodes);

  const planned = plan.audio.map((audio) => ({ audio, track: audioTrack(audio, false, reports) }));
  requireNone(planned.flatMap(({ audio, track }) => checkAudioTrack(track, reports, audio, film.seconds)));
  const tracks = planned.map(({ track }) => track);
  await checkObjects(env, job, tracks, reports, step);
  await keepAllSamples(env, job, tracks, reports, step);
  const warnings = mergeWarnings(plan.warnings, reports, plan.audio);
  await step.do('publish', () => publishDub(env, job, tracks, warnings));
}

/** The track, unless it was deleted. Then its job is cancelled, which the workflow may not have heard of yet. */
async function findDubOrFail(env: DubEnv, { assetId, track }: DubJob) {
  const dub = await findDub(env.CATALOG, assetId, track);
  if (dub === null) {
    throw new JobFailure('cancelled', 'The track was deleted');
  }
  return dub;
}

const soundKey = ({ content }: { content: string | null }, { assetId, track }: DubJob): string =>
  content ?? trackFileKey(assetId, `${track}-1`);

async function fetchSound(env: DubEnv, job: DubJob, state: PullState): Promise<PullSlice> {
  const dub = await findDubOrFail(env, job);
  const key = soundKey(dub, job);
  const source = { key, url: dub.content_url };
  const pulled = await pullSource(env.MEDIA, source, state, configOf(env).SOURCE_LOOPBACK === 'on');
  if ('key' in pulled) {
    await noteDubContent(env.CATALOG, job.assetId, job.track, key);
  }
  return pulled;
}

async function planJob(
  env: DubEnv,
  job: DubJob,
  facts: SoundFacts,
): Promise<{ film: { seconds: number }; plan: DubPlan }> {
  const { language, shift_ms: shiftMs } = await findDubOrFail(env, job);
  const [asset, revision] = await Promise.all([findAsset(env.CATALOG, job.assetId), newestRevision(env.CATALOG, job)]);
  if (asset === null || revision === null) {
    throw new JobFailure('cancelled', 'The asset was deleted');
  }
  const base = await readRevision(env.MEDIA, job, revision);
  const sounds = audioTracks(base).filter(({ formatOf }) => formatOf === undefined);
  if (sounds.length >= MAX_AUDIO_TRACKS) {
    throw new JobFailure('tracks_full', `The film has ${sounds.length} sounds, and may not have more`);
  }
  const { start, end, audio } = parseOptions(asset.options);
  const film = { ...filmOf(base), isPart: start !== undefined || end !== undefined };
  const label = { track: job.track, language: language ?? 'und', shiftMs };
  const plan = planDub(facts, film, label, audio, await fleetCoresOf(env));
  await markEncoding(env.CATALOG, job, Date.now(), plan.warnings);
  return { film, plan };
}

/** Safe to repeat: the revision is published in one transaction with the end of the job. */
async function publishDub(
  env: DubEnv,
  job: DubJob,
  tracks: readonly AudioTrack[],
  warnings: readonly Warning[],
): Promise<void> {
  if ((await findJob(env.CATALOG, job.jobId))?.status === 'done') {
    return;
  }
  const packs = new TextPacks(env.MEDIA, job);
  await publishTrack(env, job, warnings, async (base) => {
    const built = await applyTracks(env, packs, { ...base, tracks: [...base.tracks, ...tracks] }, base);
    requireNone(checkTrackSet(built));
    return built;
  });
}
