/** The Worker's entry: handlers and exported classes. Wiring only. */
import { app } from './app.ts';

export { EncodeWorkflow } from './encoding/encode-workflow.ts';
export { TaskBoard } from './encoding/task-board.ts';

export default app;
