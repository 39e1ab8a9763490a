/** The tasks of a job, from its plan. A task's id is the job's id and what the task does. Pure. */

import type { JobRef } from '../../../catalog/job-progress.ts';
import { isPart } from '../../../protocol/cut.ts';
import { earlyVideo, laterVideo } from '../../../protocol/plan.ts';
import type { Chunk, EncodePlan, VideoPlan } from '../../../protocol/plan-schema.ts';
import type { Remux } from '../../../protocol/source-facts.ts';
import { costOf, EARLY_RANK, type TaskInput } from '../../../protocol/task-kinds.ts';
import type { NewTask } from '../board/task-store.ts';

/** `remux`: from the facts, for all tasks but the inspection. */
export type TaskSource = { key: string; sizeBytes: number; remux?: Remux | undefined };

/** Weights are seconds of one core, so that a job's progress is even, whatever its tasks encode. */
const newTask = (id: string, input: TaskInput): NewTask => ({ id, input, weight: costOf(input) });

export const inspectTask = (job: JobRef, source: Omit<TaskSource, 'remux'>): NewTask =>
  newTask(`${job.jobId}-inspect`, { kind: 'inspect', source });

export const soundInspectTask = (job: JobRef, source: Omit<TaskSource, 'remux'>): NewTask =>
  newTask(`${job.jobId}-inspect`, { kind: 'inspect_sound', source });

const chunkTask = (job: JobRef, source: TaskSource, name: string, video: VideoPlan, chunk: Chunk): NewTask =>
  newTask(`${job.jobId}-${name}-${chunk.index}`, {
    kind: 'chunk',
    source,
    assetId: job.assetId,
    version: job.version,
    video,
    chunk,
  });

/** Chunks of the early rendition: before all others, whatever they weigh. */
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

/** When the film begins on the source's clock: at its first frame, before it where sound is, after it where the film is cut. */
function originOf({ source, leadFrames = 0, frameRate }: VideoPlan): number {
  const firstSeconds = (source.startTicks * source.timeBase.num) / source.timeBase.den;
  return firstSeconds - (leadFrames * frameRate.den) / frameRate.num;
}

export const audioTasks = (job: JobRef, source: TaskSource, plan: EncodePlan): NewTask[] =>
  soundTasks(job, source, originOf(plan.video), plan);

/** `origin`: when the film begins on the source's clock. */
export const soundTasks = (
  job: JobRef,
  source: TaskSource,
  origin: number,
  { audio, audioChunks }: Pick<EncodePlan, 'audio' | 'audioChunks'>,
): NewTask[] =>
  audio.flatMap((track) => {
    const { assetId, version } = job;
    const input = { kind: 'audio', source, assetId, version, originSeconds: origin, audio: track } as const;
    const id = `${job.jobId}-${track.track}`;
    const parts = audioChunks?.[track.track];
    return parts === undefined
      ? [newTask(id, input)]
      : // Not `-`: `a128-en-2` is the second track of its language.
        parts.map((chunk) => newTask(`${id}_${chunk.index}`, { ...input, chunk }));
  });

/** One for all text tracks of the source; null where it has none. */
export function textTask(job: JobRef, source: TaskSource, { video, texts = [] }: EncodePlan): NewTask | null {
  if (texts.length === 0) {
    return null;
  }
  return newTask(`${job.jobId}-text`, {
    kind: 'text',
    source,
    assetId: job.assetId,
    version: job.version,
    originSeconds: originOf(video),
    durationSeconds: (video.frameCount * video.frameTicks) / video.timescale,
    isCut: isPart(video),
    picture: video.source.streamIndex,
    texts,
  });
}
