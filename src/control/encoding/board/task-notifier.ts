/**
 * Tells the workflows of jobs how tasks ended, each by an event named after the task. What cannot be told is told again by
 * the board's alarm, in batches.
 */
import { z } from 'zod';
import { attemptSchema } from '../../../media/ids.ts';
import { log } from '../../../platform/log.ts';
import { taskErrorSchema } from '../../../protocol/tasks.ts';
import { failNotify, type TaskRow } from './task-state.ts';
import type { TaskStore } from './task-store.ts';

export const taskEndSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('done'), attempt: attemptSchema, result: z.unknown() }),
  z.object({ state: z.literal('failed'), error: taskErrorSchema }),
  z.object({ state: z.literal('cancelled') }),
]);
export type TaskEnd = z.infer<typeof taskEndSchema>;

/** Event types allow letters, digits, `-` and `_`, at most 100: task ids are made so. */
export const taskEventType = (taskId: string): string => `task-${taskId}`;

/** Workflow events sent per alarm; the rest follow in the next one. */
const BATCH = 50;
/** An event that could not be sent is tried again after this. */
export const NOTIFY_RETRY_MS = 5_000;

/** The workflows that jobs run as, each under the job's id. */
export type NotifierEnv = { ENCODE_WORKFLOW: Workflow };

export class TaskNotifier {
  readonly #store: TaskStore;
  readonly #workflows: () => Workflow;
  /** On their way: an alarm does not send what a report is sending at the moment. */
  readonly #telling = new Set<string>();

  constructor(store: TaskStore, workflows: () => Workflow) {
    this.#store = store;
    this.#workflows = workflows;
  }

  /** False where the workflow could not be told. */
  async tell(task: TaskRow): Promise<boolean> {
    const end = endOf(task);
    if (this.#telling.has(task.id) || end === null) {
      return true;
    }
    this.#telling.add(task.id);
    try {
      const workflow = await this.#workflows().get(task.job_id);
      await workflow.sendEvent({ type: taskEventType(task.id), payload: end });
      this.#store.change(task.id, { notified: 1 });
      return true;
    } catch (error) {
      this.#store.change(task.id, failNotify(task));
      // The workflow also asks `taskEnd` when its wait runs out, so a lost event delays a job but never loses it.
      log.warn({ event: 'task_event_unsent', task: task.id, reason: String(error) });
      return false;
    } finally {
      this.#telling.delete(task.id);
    }
  }

  /** Returns when to go on; Infinity once everything is told. */
  async tellAll(): Promise<number> {
    const ended = this.#store.unnotified(BATCH);
    const told = await Promise.all(ended.map((task) => this.tell(task)));
    if (told.includes(false)) {
      return Date.now() + NOTIFY_RETRY_MS;
    }
    return ended.length === BATCH ? Date.now() : Infinity;
  }
}

/** Null while the task has not ended. */
export function endOf(task: TaskRow): TaskEnd | null {
  switch (task.state) {
    case 'done':
      return { state: 'done', attempt: String(task.attempt), result: JSON.parse(task.result ?? 'null') };
    case 'dead':
      return { state: 'failed', error: JSON.parse(task.error ?? 'null') };
    case 'cancelled':
      return { state: 'cancelled' };
    default:
      return null;
  }
}
