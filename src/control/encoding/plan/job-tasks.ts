/** The tasks of a job, from its plan. Pure. Task ids are the job's id and what the task does. */

import type { JobRef } from '../../../catalog/job-progress.ts';
import { audioCost, videoCost } from '../../../protocol/encode-cost.ts';
import { earlyVideo, laterVideo } from '../../../protocol/plan.ts';
import { AAC_FRAME_SAMPLES, type Chunk, type EncodePlan, type VideoPlan } from '../../../protocol/plan-schema.ts';
import type { NewTask } from '../board/task-store.ts';

export type TaskSource = { key: string; sizeBytes: number };

/** Between what is encoded whole and the other chunks (src/control/encoding/board/task-store.ts). */
const EARLY_RANK = 1;

export const inspectTask = (job: JobRef, source: TaskSource): NewTask => ({
  id: `${job.jobId}-inspect`,
  input: { kind: 'inspect', source },
  weight: 0,
});

/** Weights are seconds of one core, so that a job's progress goes on evenly, whatever its tasks encode. */
const chunkTask = (job: JobRef, source: TaskSource, name: string, video: VideoPlan, chunk: Chunk): NewTask => ({
  id: `${job.jobId}-${name}-${chunk.index}`,
  input: { kind: 'chunk', source, assetId: job.assetId, version: job.version, video, chunk },
  weight: videoCost(video, chunk.frameCount),
});

/** The early rendition's: before all others, whatever they weigh. */
export function earlyTasks(job: JobRef, source: TaskSource, { video, early }: EncodePlan): NewTask[] {
  if (early === null) {
    return [];
  }
  const ofFilm = earlyVideo(video, early.track);
  return early.chunks.map((chunk) => ({ ...chunkTask(job, source, 'early', ofFilm, chunk), rank: EARLY_RANK }));
}

export function chunkTasks(job: JobRef, source: TaskSource, { video, early, chunks }: EncodePlan): NewTask[] {
  const later = laterVideo(video, early?.track ?? null);
  return chunks.map((chunk) => chunkTask(job, source, 'chunk', later, chunk));
}

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
    weight: audioCost(audio.frameCount * AAC_FRAME_SAMPLES),
  }));
};
