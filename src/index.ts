/** The Worker's entry: handlers and exported classes. Wiring only. */
import { app } from './app.ts';

export { MediaOrigin } from './delivery/tiers/media-origin.ts';
export { Shield } from './delivery/tiers/shield.ts';
export { EncodeWorkflow } from './encoding/encode-workflow.ts';
export { TaskBoard } from './encoding/task-board.ts';
export { Metrics } from './metrics/metrics.ts';
export { StreamLimiter } from './streams/stream-limiter.ts';

export default app;
