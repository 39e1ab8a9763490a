/** Does one leased task with the runner of its kind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EncodeResult, SEGMENT_LAYOUT } from '../../src/protocol/encode-result.ts';
import type { TaskInputs, TaskKind, TaskResults } from '../../src/protocol/task-kinds.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { ProbeOptions } from '../inspect/ffprobe.ts';
import { inspectSound } from '../inspect/inspect-sound.ts';
import { inspectSource, type ReadSource } from '../inspect/inspect-source.ts';
import type { RunTask, TaskSite } from '../lease/held-task.ts';
import type { Encoded, EncodeOptions } from '../media/encode-options.ts';
import type { TaskBudget } from '../media/task-budget.ts';
import { encodeChunk } from '../picture/encode-chunk.ts';
import type { VideoEncoder } from '../picture/video-encoder.ts';
import { encodeAudio } from '../sound/encode-sound.ts';
import type { SourceCache, SourceRef } from '../store/source-cache.ts';
import type { ObjectStore, TaskAccess } from '../store/store.ts';
import { uploadTracks } from './upload.ts';

type TaskTools = {
  store: ObjectStore;
  sources: SourceCache;
  workFolder: string;
  budget: TaskBudget;
  videoEncoder: VideoEncoder;
};

type Work = { tools: TaskTools; access: TaskAccess; site: TaskSite };

type Runner<K extends TaskKind> = (input: TaskInputs[K], work: Work) => Promise<TaskResults[K]>;

/** The share of a task's time that encoding takes. The rest is upload. */
const ENCODE_SHARE = 0.95;

/** Source to disk, `encode` in a folder that is removed afterwards, objects to the bucket. */
async function encodeTracks(
  source: SourceRef,
  { tools, access, site }: Work,
  encode: (options: EncodeOptions) => Promise<Encoded>,
): Promise<EncodeResult> {
  const { progress, signal, useCpu } = site;
  return await tools.sources.with(source, access, signal, async (sourcePath) => {
    const workDirectory = await mkdtemp(join(tools.workFolder, 'task-'));
    try {
      const onProgress = (share: number): void => progress(ENCODE_SHARE * share);
      const { outputs, warnings, loudness } = await encode({
        sourcePath,
        workDirectory,
        budget: tools.budget,
        useCpu,
        signal,
        onProgress,
      });
      const onUploaded = (share: number): void => progress(ENCODE_SHARE + (1 - ENCODE_SHARE) * share);
      await uploadTracks(tools.store, access, outputs, onUploaded, signal);
      const tracks = outputs.map(({ report }) => report);
      return { tracks, layout: SEGMENT_LAYOUT, warnings, ...(loudness === undefined ? {} : { loudness }) };
    } finally {
      await rm(workDirectory, { recursive: true, force: true });
    }
  });
}

/**
 * Hardware encoders write parameter sets of their own. If x264 has begun a track, its init segment is in the bucket before
 * any segment, and all further chunks of the track must be x264's too.
 */
export async function encodeLikeTheOthers<T>(
  videoEncoder: VideoEncoder,
  encodeWith: (videoEncoder: VideoEncoder) => Promise<T>,
): Promise<T> {
  try {
    return await encodeWith(videoEncoder);
  } catch (error) {
    if (videoEncoder === 'x264' || !(error instanceof TaskFailure) || error.code !== 'init_mismatch') {
      throw error;
    }
    return await encodeWith('x264');
  }
}

const readerOf =
  ({ key }: SourceRef, { tools: { sources }, access, site: { signal, useCpu } }: Work): ReadSource =>
  (remux, read) =>
    sources.with({ key, remux }, access, signal, (path) => useCpu(() => read(path)));

const probeOptionsOf = ({ tools: { budget }, site: { signal } }: Work): ProbeOptions => ({ signal, budget });

const RUNNERS: { readonly [K in TaskKind]: Runner<K> } = {
  inspect: async ({ source }, work) => await inspectSource(readerOf(source, work), probeOptionsOf(work)),
  inspect_sound: async ({ source }, work) => await inspectSound(readerOf(source, work), probeOptionsOf(work)),
  chunk: async ({ source, video, chunk }, work) =>
    await encodeLikeTheOthers(work.tools.videoEncoder, (videoEncoder) =>
      encodeTracks(source, work, (options) => encodeChunk({ ...options, video, chunk, videoEncoder })),
    ),
  audio: async ({ source, audio, originSeconds, chunk }, work) =>
    await encodeTracks(source, work, (options) => encodeAudio({ ...options, audio, originSeconds, chunk })),
};

const run = <K extends TaskKind>(input: TaskInputs[K] & { kind: K }, work: Work) => RUNNERS[input.kind](input, work);

export const createTaskRunner =
  (tools: TaskTools): RunTask =>
  async ({ task }, site) =>
    await run(task.input, { tools, access: { taskId: task.id, grant: site.grant }, site });
