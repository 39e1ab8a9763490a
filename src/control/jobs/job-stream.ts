/** A job as server-sent events: its state when it changes, its progress as it goes. The job and the time are passed in. */

import { z } from '@hono/zod-openapi';
import { isActive, JOB_STATUSES, type JobRow } from '../../catalog/rows.ts';
import { eventText, lookAgain, type StreamClock } from '../../http/event-stream.ts';
import type { JobSummary, TaskFrames, TaskSummary } from '../encoding/board/task-store.ts';
import { jobView } from '../resources/present.ts';
import { jobSchema, progressSchema, taskFields } from '../resources/schemas.ts';
import { SpeedEstimator } from './speed.ts';

/** Each look costs one request to the board and one row of the catalog. */
const JOB_POLL_MS = 1_000;

const jobProgressSchema = z
  .object({
    progress: progressSchema,
    frames: z.int(),
    totalFrames: z.int(),
    fps: z.number().nullable(),
    speed: z.number().nullable().openapi({ description: 'Multiple of real time; null while unknown' }),
    etaSeconds: z.int().nullable(),
    tasks: z
      .array(
        z.object({
          id: z.string(),
          ...taskFields,
          attempt: z.int(),
          encoder: z.string().nullable(),
          frames: z.int().nullable(),
          totalFrames: z.int().nullable(),
        }),
      )
      .openapi({ description: 'Tasks that have changed since the last event; the first event has all' }),
  })
  .openapi('JobProgress');

const idSchema = z.string().openapi({ description: 'For `Last-Event-ID`' });

export const jobStreamSchema = z
  .discriminatedUnion('event', [
    z.object({ event: z.literal('state'), id: idSchema, data: jobSchema }),
    z.object({ event: z.literal('progress'), id: idSchema, data: jobProgressSchema }),
  ])
  .openapi('JobStreamEvent', { description: 'The fields of one server-sent event; `data` is JSON' });

export type JobSource = StreamClock & {
  /** Null: the job is gone. */
  readJob(): Promise<JobRow | null>;
  readSummary(): Promise<JobSummary>;
  readFrames(): Promise<TaskFrames[]>;
};

/** What a client has seen: the status, and progress in millionths. */
export type Seen = { status: JobRow['status']; progress: number };
const EVENT_ID = new RegExp(`^(${JOB_STATUSES.join('|')})\\.(\\d{1,7})$`);

/** Null for none, and for one that no job stream has sent. */
export function parseEventId(id: string | undefined): Seen | null {
  const [, status, millionths] = EVENT_ID.exec(id ?? '') ?? [];
  return status === undefined ? null : { status: status as JobRow['status'], progress: Number(millionths) / 1e6 };
}

const message = (event: string, seen: Seen, data: unknown): string =>
  eventText(event, data, `${seen.status}.${Math.floor(seen.progress * 1e6)}`);

/** Yields text until the job ends or time is up. Progress never falls, also across a reconnection with `seen`. */
export function jobEvents(source: JobSource, seen: Seen | null): AsyncGenerator<string> {
  const watch = new JobWatch(source, seen?.progress ?? 0);
  let status = seen?.status;
  return lookAgain(source, JOB_POLL_MS, async () => {
    const job = await source.readJob();
    if (job === null) {
      return { events: [], last: true };
    }
    const events: string[] = [];
    const progress = await watch.look(job);
    const now = { status: job.status, progress: watch.progress };
    if (progress !== null) {
      events.push(message('progress', { ...now, status: status ?? job.status }, progress));
    }
    if (job.status !== status) {
      status = job.status;
      events.push(message('state', now, jobView(job, watch.progress)));
    }
    return { events, last: !isActive(job) };
  });
}

class JobWatch {
  readonly #source: JobSource;
  readonly #estimator = new SpeedEstimator();
  readonly #told = new Map<string, string>();
  #frames = new Map<string, TaskFrames>();
  #last = '';
  progress: number;

  constructor(source: JobSource, progress: number) {
    this.#source = source;
    this.progress = progress;
  }

  /** The data of a `progress` event, with the tasks that changed; null where nothing changed. */
  async look(job: JobRow): Promise<z.infer<typeof jobProgressSchema> | null> {
    const summary = await this.#source.readSummary();
    if (summary.tasks.some(({ id, kind }) => kind === 'chunk' && !this.#frames.has(id))) {
      this.#frames = new Map((await this.#source.readFrames()).map((task) => [task.id, task]));
    }
    this.progress = Math.max(this.progress, job.status === 'done' ? 1 : summary.progress);
    const framesDone = this.#sum(summary.tasks, 'frames');
    const seconds = this.#sum(summary.tasks, 'seconds');
    this.#estimator.add({ atMs: this.#source.now(), progress: this.progress, frames: framesDone, seconds });

    const tasks = summary.tasks.map((task) => this.#taskView(task)).filter((task) => this.#changed(task));
    const { fps, realtime, etaSeconds } = this.#estimator.speed();
    const shown = {
      progress: this.progress,
      frames: Math.round(framesDone),
      totalFrames: [...this.#frames.values()].reduce((sum, { frames }) => sum + frames, 0),
      fps: fps === null ? null : Number(fps.toFixed(1)),
      speed: realtime === null ? null : Number(realtime.toFixed(2)),
      etaSeconds: etaSeconds === null ? null : Math.ceil(etaSeconds),
    };
    const text = JSON.stringify(shown);
    const moved = tasks.length > 0 || text !== this.#last;
    this.#last = text;
    return moved ? { ...shown, tasks } : null;
  }

  #sum(tasks: readonly TaskSummary[], key: 'frames' | 'seconds'): number {
    return tasks.reduce((sum, { id, progress }) => sum + (this.#frames.get(id)?.[key] ?? 0) * progress, 0);
  }

  #taskView({ failures, error, ...task }: TaskSummary) {
    const totalFrames = this.#frames.get(task.id)?.frames ?? null;
    return { ...task, frames: totalFrames === null ? null : Math.round(totalFrames * task.progress), totalFrames };
  }

  #changed(task: { id: string }): boolean {
    const text = JSON.stringify(task);
    const changed = this.#told.get(task.id) !== text;
    this.#told.set(task.id, text);
    return changed;
  }
}
