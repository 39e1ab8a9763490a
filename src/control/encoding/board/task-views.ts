/** What the board tells of its tasks: rows as summaries. Pure. */

import { cleanLine, cleanText } from '../../../platform/text.ts';
import type { TaskError } from '../../../protocol/tasks.ts';
import type { EncoderState } from './encoder-registry.ts';
import type { TaskState } from './task-state.ts';
import type { DeadTask, TaskOutline } from './task-store.ts';

export type TaskSummary = {
  id: string;
  kind: string;
  state: TaskState;
  attempt: number;
  /** Attempts that failed; a task that was handed back has not. */
  failures: number;
  progress: number;
  encoder: string | null;
  error: TaskError | null;
};
export type JobSummary = { progress: number; tasks: TaskSummary[] };
export type DeadTaskSummary = TaskSummary & { seq: number; jobId: string; endedAt: number };

export type BoardLoad = {
  waiting: number;
  leased: number;
  dead: number;
  /** Encoders that hold a lease. */
  encoders: number;
  encodersByState: Record<EncoderState, number>;
  /** When the oldest job was made that has a task to hand out. */
  waitingSinceMs: number | null;
};

/** Cleaned here too: what is stored may come from a version that took an encoder's text unchanged. */
function storedError(json: string): TaskError {
  const error: TaskError = JSON.parse(json);
  const { message, detail } = error;
  return { ...error, message: cleanLine(message), ...(detail === undefined ? {} : { detail: cleanText(detail) }) };
}

export const taskSummary = (task: TaskOutline): TaskSummary => ({
  id: task.id,
  kind: task.kind,
  state: task.state,
  attempt: task.attempt,
  failures: task.failures,
  progress: task.progress,
  encoder: task.encoder_id,
  error: task.error === null ? null : storedError(task.error),
});

export const deadTaskSummary = (task: DeadTask): DeadTaskSummary => ({
  ...taskSummary(task),
  seq: task.seq,
  jobId: task.job_id,
  endedAt: task.ended_at ?? 0,
});
