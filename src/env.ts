/** The Worker's bindings as wrangler.toml declares them. The delivery plane declares the few it needs itself. */
import type { EncodeParams } from './encoding/encode-workflow.ts';
import type { TaskBoard } from './encoding/task-board.ts';

export interface Env {
  CATALOG: D1Database;
  MEDIA: R2Bucket;
  TASK_BOARD: DurableObjectNamespace<TaskBoard>;
  ENCODE_WORKFLOW: Workflow<EncodeParams>;
  ASSETS: Fetcher;
}

/** The one board that all encoders and jobs of this deployment share. */
export const taskBoard = (env: Pick<Env, 'TASK_BOARD'>): DurableObjectStub<TaskBoard> =>
  env.TASK_BOARD.get(env.TASK_BOARD.idFromName('main'));
