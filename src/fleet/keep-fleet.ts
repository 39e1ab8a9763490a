/** Starts containers while tasks wait, and stops one that has none: asks the board, does what fleet.ts decides. */
import { log } from '../platform/log.ts';
import {
  containerName,
  type FleetLimits,
  type KnownEncoder,
  mayStop,
  type OpenTasks,
  wantedContainers,
} from './fleet-size.ts';

/** What is not answered by then is asked for again at the next check. */
const START_DEADLINE_MS = 15_000;

export type Fleet = {
  load(): Promise<OpenTasks>;
  ensureRunning(name: string): Promise<void>;
};

export type FleetCheck = { waiting: number; wanted: number; failed: number };

/** Throws where the board does not answer; containers that do not start are counted and logged. */
export async function keepFleet(
  fleet: Fleet,
  limits: FleetLimits,
  deadlineMs = START_DEADLINE_MS,
): Promise<FleetCheck> {
  const load = await within(fleet.load(), deadlineMs);
  const wanted = wantedContainers(load, limits);
  const starts = Array.from({ length: wanted }, (_, index) => {
    const name = containerName(index);
    return within(fleet.ensureRunning(name), deadlineMs).then(
      () => true,
      (error: unknown) => {
        log.error({ event: 'container_not_started', container: name, reason: String(error) });
        return false;
      },
    );
  });
  const failed = (await Promise.all(starts)).filter((isStarted) => !isStarted).length;
  return { waiting: load.waiting, wanted, failed };
}

export type RunningContainer = { encoders(): Promise<readonly KnownEncoder[]>; stop(): Promise<void> };

/** Leaves it alone while it holds a task, and while the board does not answer: it may be in the middle of one. */
export async function stopIfIdle(
  name: string,
  container: RunningContainer,
  deadlineMs = START_DEADLINE_MS,
): Promise<void> {
  try {
    if (!mayStop(name, await within(container.encoders(), deadlineMs))) {
      return;
    }
  } catch (error) {
    log.warn({ event: 'board_unreachable', container: name, reason: String(error) });
    return;
  }
  log.info({ event: 'container_idle', container: name });
  await container.stop();
}

async function within<T>(promise: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: number | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs / 1000} s`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
