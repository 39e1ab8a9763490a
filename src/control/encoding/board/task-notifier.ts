/** Tells the workflows of jobs how tasks ended. What cannot be told is told again by the board's alarm, in batches. */
import { log } from '../../../platform/log.ts';
import { type TaskEnd, taskEventType } from './task-events.ts';
import { failNotify, type TaskRow } from './task-state.ts';
import type { TaskStore } from './task-store.ts';

/** Workflow events sent per alarm; the rest follow in the next one. */
const BATCH = 50;

/** Of the workflow that each job runs as; what it is started with is no business of the board. */
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

  /** Whether it was told, or somebody else is at it. */
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

  /** Whether everything is told; if not, whether at once or after a pause is the time to go on. */
  async tellAll(): Promise<'told' | 'more' | 'failed'> {
    const ended = this.#store.unnotified(BATCH);
    const told = await Promise.all(ended.map((task) => this.tell(task)));
    if (told.includes(false)) {
      return 'failed';
    }
    return ended.length === BATCH ? 'more' : 'told';
  }
}

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
