/**
 * The tasks that wait, in memory, as far as it takes to see whether they are the last ones: read once, and then kept up
 * by what is handed out, so that a lease reads no rows for it. Anything else that changes what waits forgets the list. Pure.
 */

export type WaitingTask = { id: string; job_id: string; kind: string; weight: number };

/** More than a job has chunks (MAX_CHUNKS): with so many, the end is not near, whatever the fleet. */
const MAX_FEW = 1_024;
/** Read ahead so far: the next reading comes after half as many leases, two rows each. */
const READ_FACTOR = 2;
const MIN_READ = 64;

export class WaitingList {
  readonly #read: (limit: number) => WaitingTask[];
  #tasks: Map<string, WaitingTask> | null = null;
  /** Whether no other tasks wait. */
  #isAll = false;

  /** `read`: so many waiting tasks, each job's in the order of handing out. */
  constructor(read: (limit: number) => WaitingTask[]) {
    this.#read = read;
  }

  forget(): void {
    this.#tasks = null;
  }

  /** It waits no more. */
  remove(taskId: string): void {
    this.#tasks?.delete(taskId);
  }

  /** All tasks that wait, where they are fewer than `count`; null where they are not. */
  fewerThan(count: number): WaitingTask[] | null {
    const few = Math.min(count, MAX_FEW);
    if (this.#tasks === null || (this.#tasks.size < few && !this.#isAll)) {
      const limit = Math.max(MIN_READ, READ_FACTOR * few);
      const tasks = this.#read(limit);
      this.#tasks = new Map(tasks.map((task) => [task.id, task]));
      this.#isAll = tasks.length < limit;
    }
    return this.#tasks.size < few ? [...this.#tasks.values()] : null;
  }
}
