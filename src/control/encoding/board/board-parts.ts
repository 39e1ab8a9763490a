/** What a board is made of: its tables, and what it keeps in memory of leases, encoders and open requests. */
import { configOf } from '../../../config.ts';
import { Alarm } from '../../../platform/alarm.ts';
import { EncoderRegistry } from './encoder-registry.ts';
import { JobQueue } from './job-queue.ts';
import { RunningLeases } from './running-leases.ts';
import { TaskNotifier } from './task-notifier.ts';
import { migrate } from './task-schema.ts';
import { TaskStore } from './task-store.ts';
import { Waiters } from './waiters.ts';

export type BoardParts = ReturnType<typeof newBoardParts>;

export function newBoardParts(storage: DurableObjectStorage, env: object, workflows: () => Workflow) {
  const { LEASE_SECONDS, HEARTBEAT_SECONDS } = configOf(env);
  const terms = { ttlMs: LEASE_SECONDS * 1000, heartbeatMs: HEARTBEAT_SECONDS * 1000 };
  migrate(storage.sql);
  const store = new TaskStore(storage.sql);
  return {
    store,
    jobs: new JobQueue(storage.sql),
    leases: new RunningLeases(store, terms, Date.now()),
    encoders: new EncoderRegistry(storage.sql, Date.now()),
    notifier: new TaskNotifier(store, workflows),
    waiters: new Waiters(),
    alarm: new Alarm(storage),
  };
}
