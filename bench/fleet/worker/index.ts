/**
 * The real Worker with a TaskBoard that counts its rows and alarms (bench/fleet.ts) and that a fleet in virtual time
 * can drive (bench/last-tasks.ts).
 */

import type { NewTask } from '../../../src/control/encoding/board/task-store.ts';
import { TaskStore } from '../../../src/control/encoding/board/task-store.ts';
import { audioTasks, chunkTasks } from '../../../src/control/encoding/plan/job-tasks.ts';
import type { Env } from '../../../src/env.ts';
import worker, { TaskBoard as Board } from '../../../src/index.ts';
import { videoCost } from '../../../src/protocol/encode-cost.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import type { EncodePlan } from '../../../src/protocol/plan-schema.ts';
import { CHUNK_RESULT } from '../../../test/src/protocol/fixture.ts';
import { seededRandom } from '../../random.ts';
import { countStorage, type StorageUse } from '../../views/worker/count-storage.ts';
import {
  AFTER_SECONDS,
  BEFORE_SECONDS,
  drawSpeeds,
  ENCODER_CORES,
  PRESET,
  type Simulation,
  thinFilm,
} from '../model.ts';
import { simulateFleet } from './virtual-time.ts';

export * from '../../../src/index.ts';

const JOB = { jobId: 'job', assetId: 'film', version: 'v' };
const SOURCE = { key: 'sources/film/film.mp4', sizeBytes: 1 };

/** One thread encodes sound. It is modelled as keeping all cores of its encoder. */
const soundOf = ({ audioChunks, ...plan }: EncodePlan, isCut: boolean): NewTask[] =>
  audioTasks(JOB, SOURCE, isCut ? { ...plan, audioChunks } : plan).map((task) => ({
    ...task,
    weight: ENCODER_CORES * task.weight,
  }));

export class TaskBoard extends Board {
  readonly #use: StorageUse;

  constructor(context: DurableObjectState, env: Env) {
    const use = { rowsRead: 0, rowsWritten: 0, bytesWritten: 0, alarms: 0 };
    countStorage(context.storage, use);
    super(context, env);
    this.#use = use;
  }

  storageUse(): StorageUse {
    return this.#use;
  }

  /** Returns the seconds of a fleet for a film. `isRuleOn`: whether the board keeps last tasks from slow encoders. */
  async simulate({ encoders, filmSeconds, jobSeconds, seed, isRuleOn, sound }: Simulation): Promise<number> {
    // The job has no workflow to send events to.
    this.env = { ...this.env, ENCODE_WORKFLOW: { get: async () => ({ sendEvent: async () => {} }) } as never };
    const { fewWaiting } = TaskStore.prototype;
    const { now } = Date;
    let time = now();
    Date.now = () => time;
    if (!isRuleOn) {
      // Then no task counts as one of the last.
      TaskStore.prototype.fewWaiting = () => null;
    }
    try {
      const plan = planEncode(thinFilm(filmSeconds, sound !== 'none'), {
        ...{ preset: PRESET, fleetCores: ENCODER_CORES * encoders, early: 'off' },
      });
      const pace = videoCost(plan.video, plan.video.frameCount) / jobSeconds;
      return await simulateFleet(this, {
        speeds: drawSpeeds(encoders, seededRandom(seed)).map((speed) => speed * pace),
        tasks: [...soundOf(plan, sound === 'parts'), ...chunkTasks(JOB, SOURCE, plan)],
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

type BenchEnv = Omit<Env, 'TASK_BOARD'> & { TASK_BOARD: DurableObjectNamespace<TaskBoard> };

export default {
  scheduled: worker.scheduled,
  queue: worker.queue,
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === '/bench/rows') {
      const board = env.TASK_BOARD.get(env.TASK_BOARD.idFromName('main'));
      return Response.json(await board.storageUse());
    }
    if (new URL(request.url).pathname === '/bench/simulate') {
      const simulation = await request.json<Simulation>();
      const board = env.TASK_BOARD.get(env.TASK_BOARD.idFromName(JSON.stringify(simulation)));
      return Response.json(await board.simulate(simulation));
    }
    return await worker.fetch(request, env as Env, context);
  },
} satisfies ExportedHandler<BenchEnv>;
