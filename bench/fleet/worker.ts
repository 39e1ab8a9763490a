/**
 * The Worker as it is, with a TaskBoard that counts the rows that its statements read and write (bench/fleet.ts). What
 * the platform bills: an alarm that is set is a row written.
 */
import type { Env } from '../../src/env.ts';
import worker, { TaskBoard as Board } from '../../src/index.ts';

export * from '../../src/index.ts';

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
    return await worker.fetch(request, env as Env, context);
  },
} satisfies ExportedHandler<BenchEnv>;
