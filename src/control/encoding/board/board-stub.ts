/** How the rest of the Worker reaches the board. */
import type { TaskBoard } from './task-board.ts';

export type BoardEnv = { TASK_BOARD: DurableObjectNamespace<TaskBoard> };

/** The one board that all encoders and jobs of this deployment share. */
export const taskBoard = ({ TASK_BOARD }: BoardEnv): DurableObjectStub<TaskBoard> =>
  TASK_BOARD.get(TASK_BOARD.idFromName('main'));
