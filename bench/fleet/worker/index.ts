/**
 * The Worker as it is, with a TaskBoard that counts the rows that its statements read and write (bench/fleet.ts), and that
 * can be driven by a fleet in virtual time (bench/last-tasks.ts). What the platform bills: an alarm that is set is a row
 * written.
 */
import { TaskStore } from '../../../src/control/encoding/board/task-store.ts';
import { chunkTasks } from '../../../src/control/encoding/plan/job-tasks.ts';
import type { Env } from '../../../src/env.ts';
import worker, { TaskBoard as Board } from '../../../src/index.ts';
import { videoCost } from '../../../src/protocol/encode-cost.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import { CHUNK_RESULT } from '../../../test/src/protocol/fixture.ts';
import { seededRandom } from '../../replay.ts';
import { AFTER_SECONDS, BEFORE_SECONDS, drawSpeeds, ENCODER_CORES, PRESET, thinFilm } from '../model.ts';
import { simulateFleet } from './virtual-time.ts';

export * from '../../../src/index.ts';

export type Simulation = {
  encoders: number;
  filmSeconds: number;
  /** What the film takes one encoder. */
  jobSeconds: number;
  seed: number;
  isRuleOn: boolean;
};

export type Rows = { read: number; written: number; alarms: number };

export class TaskBoard extends Board {
  readonly #rows: Rows;

  constructor(context: DurableObjectState, env: Env) {
    const rows: Rows = { read: 0, written: 0, alarms: 0 };
    countRows(context.storage, rows);
    super(context, env);
    this.#rows = rows;
  }

  rows(): Rows {
    return this.#rows;
  }

  /** Seconds that a film takes a fleet. `isRuleOn`: whether the board chooses who does the last tasks. */
  async simulate({ encoders, filmSeconds, jobSeconds, seed, isRuleOn }: Simulation): Promise<number> {
    // Its job has no workflow that could be told.
    this.env = { ...this.env, ENCODE_WORKFLOW: { get: async () => ({ sendEvent: async () => {} }) } as never };
    const { fewWaiting } = TaskStore.prototype;
    const { now } = Date;
    let time = now();
    Date.now = () => time;
    if (!isRuleOn) {
      // Every task is then taken for one of many.
      TaskStore.prototype.fewWaiting = () => null;
    }
    try {
      const plan = planEncode(thinFilm(filmSeconds, false), {
        ...{ preset: PRESET, fleetCores: ENCODER_CORES * encoders, early: 'off' },
      });
      const pace = videoCost(plan.video, plan.video.frameCount) / jobSeconds;
      return await simulateFleet(this, {
        speeds: drawSpeeds(encoders, seededRandom(seed)).map((speed) => speed * pace),
        tasks: chunkTasks(
          { jobId: 'job', assetId: 'film', version: 'v' },
          { key: 'sources/film/film.mp4', sizeBytes: 1 },
          plan,
        ),
        ...{ result: CHUNK_RESULT, beforeSeconds: BEFORE_SECONDS, afterSeconds: AFTER_SECONDS },
        passTime: (ms) => {
          time += ms;
        },
      });
    } finally {
      Date.now = now;
      TaskStore.prototype.fewWaiting = fewWaiting;
    }
  }
}

/** A cursor knows its rows once it was read, which is before the next statement begins. */
function countRows(storage: DurableObjectStorage, rows: Rows): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  let last: { rowsRead: number; rowsWritten: number } | null = null;
  sql.exec = ((query: string, ...bindings: SqlStorageValue[]) => {
    rows.read += last?.rowsRead ?? 0;
    rows.written += last?.rowsWritten ?? 0;
    const cursor = exec(query, ...bindings);
    last = cursor;
    return cursor;
  }) as SqlStorage['exec'];
  const setAlarm = storage.setAlarm.bind(storage);
  storage.setAlarm = (at, options) => {
    rows.alarms += 1;
    return setAlarm(at, options);
  };
}

type BenchEnv = Omit<Env, 'TASK_BOARD'> & { TASK_BOARD: DurableObjectNamespace<TaskBoard> };

export default {
  scheduled: worker.scheduled,
  queue: worker.queue,
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === '/bench/rows') {
      const board = env.TASK_BOARD.get(env.TASK_BOARD.idFromName('main'));
      return Response.json(await board.rows());
    }
    if (new URL(request.url).pathname === '/bench/simulate') {
      const simulation = await request.json<Simulation>();
      const board = env.TASK_BOARD.get(env.TASK_BOARD.idFromName(JSON.stringify(simulation)));
      return Response.json(await board.simulate(simulation));
    }
    return await worker.fetch(request, env as Env, context);
  },
} satisfies ExportedHandler<BenchEnv>;
