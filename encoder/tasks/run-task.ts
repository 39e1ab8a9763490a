/** Does one leased task, by kind: source to disk, media work in a folder of its own, objects to the bucket, report back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AudioInput,
  type ChunkInput,
  type EncodeResult,
  type InspectInput,
  type Lease,
  SEGMENT_LAYOUT,
} from '../../src/protocol/tasks.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { RunTask, TaskSite } from '../lease/held-task.ts';
import { encodeAudio } from '../media/encode-audio.ts';
import { encodeChunk } from '../media/encode-chunk.ts';
import { probeSource } from '../media/probe.ts';
import type { PackagedOutput } from '../media/segments.ts';
import type { TaskBudget } from '../media/task-budget.ts';
import type { VideoEncoder } from '../media/video-encoder.ts';
import type { SourceCache } from '../store/source-cache.ts';
import type { ObjectStore, TaskAccess } from '../store/store.ts';
import { uploadTracks } from './upload.ts';

export type TaskTools = {
  store: ObjectStore;
  sources: SourceCache;
  workFolder: string;
  budget: TaskBudget;
  videoEncoder: VideoEncoder;
};

/** The share of a task's time that encoding takes; the rest is upload. */
const ENCODE_SHARE = 0.95;

type Work = { tools: TaskTools; access: TaskAccess; site: TaskSite };

async function inspect(input: InspectInput, { tools, access, site }: Work): Promise<unknown> {
  const { signal, useCpu } = site;
  const { budget } = tools;
  return await tools.sources.with(input.source.key, access, signal, (path) =>
    useCpu(() => probeSource(path, { signal, budget })),
  );
}

/** The folder is the task's own and goes away with it, however it ends. */
async function inFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, 'task-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function encode(
  input: ChunkInput | AudioInput,
  work: Work,
  produce: (sourcePath: string, folder: string) => Promise<PackagedOutput[]>,
): Promise<EncodeResult> {
  const { tools, access } = work;
  const { progress, signal } = work.site;
  return await tools.sources.with(input.source.key, access, signal, (sourcePath) =>
    inFolder(tools.workFolder, async (folder) => {
      const outputs = await produce(sourcePath, folder);
      const onProgress = (share: number): void => progress(ENCODE_SHARE + (1 - ENCODE_SHARE) * share);
      await uploadTracks(tools.store, access, outputs, onProgress, signal);
      return { tracks: outputs.map(({ report }) => report), layout: SEGMENT_LAYOUT };
    }),
  );
}

function encodeChunkWith(videoEncoder: VideoEncoder, input: ChunkInput, work: Work): Promise<unknown> {
  const { signal, useCpu, progress } = work.site;
  return encode(input, work, async (sourcePath, workDirectory) =>
    encodeChunk({
      ...{ sourcePath, video: input.video, chunk: input.chunk, workDirectory },
      ...{ budget: work.tools.budget, videoEncoder, useCpu, signal },
      onProgress: (share) => progress(share * ENCODE_SHARE),
    }),
  );
}

/**
 * Hardware has parameter sets of its own. Where a track was begun by x264 its chunks must go on so: the init segment in
 * the bucket says, and is written before any segment.
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

const encodeChunkTask = (input: ChunkInput, work: Work): Promise<unknown> =>
  encodeLikeTheOthers(work.tools.videoEncoder, (videoEncoder) => encodeChunkWith(videoEncoder, input, work));

function encodeAudioTask(input: AudioInput, work: Work): Promise<unknown> {
  return encode(input, work, async (sourcePath, workDirectory) => [
    await encodeAudio({
      sourcePath,
      audio: input.audio,
      originSeconds: input.originSeconds,
      workDirectory,
      budget: work.tools.budget,
      useCpu: work.site.useCpu,
      signal: work.site.signal,
      onProgress: (share) => work.site.progress(share * ENCODE_SHARE),
    }),
  ]);
}

export const createTaskRunner =
  (tools: TaskTools): RunTask =>
  async (lease: Lease, site) => {
    const { id, input } = lease.task;
    const work: Work = { tools, access: { taskId: id, grant: site.grant }, site };
    switch (input.kind) {
      case 'inspect':
        return await inspect(input, work);
      case 'chunk':
        return await encodeChunkTask(input, work);
      case 'audio':
        return await encodeAudioTask(input, work);
    }
  };
