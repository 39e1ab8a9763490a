/** The tasks of a job, from its plan. Pure. Task ids are the job's id and what the task does. */
import type { JobRef } from '../catalog/progress.ts';
import type { EncodePlan } from '../contract/plan.ts';
import type { NewTask } from './task-store.ts';

export type TaskSource = { key: string; sizeBytes: number };

/** Audio costs about as much as this share of a small rendition's frames: 1,000 AAC frames ≈ 10 video frames. */
const AUDIO_FRAME_WEIGHT = 0.01;

export const inspectTask = (job: JobRef, source: TaskSource): NewTask => ({
  id: `${job.jobId}-inspect`,
  input: { kind: 'inspect', source },
  weight: 0,
});

export const chunkTasks = (job: JobRef, source: TaskSource, plan: EncodePlan): NewTask[] =>
  plan.chunks.map((chunk) => ({
    id: `${job.jobId}-chunk-${chunk.index}`,
    input: { kind: 'chunk', source, assetId: job.assetId, version: job.version, video: plan.video, chunk },
    weight: chunk.frameCount * plan.video.renditions.length,
  }));

export const audioTasks = (job: JobRef, source: TaskSource, plan: EncodePlan): NewTask[] => {
  const { startTicks, timeBase } = plan.video.source;
  return plan.audio.map((audio) => ({
    id: `${job.jobId}-${audio.track}`,
    input: {
      kind: 'audio',
      source,
      assetId: job.assetId,
      version: job.version,
      originSeconds: (startTicks * timeBase.num) / timeBase.den,
      audio,
    },
    weight: audio.frameCount * AUDIO_FRAME_WEIGHT,
  }));
};
