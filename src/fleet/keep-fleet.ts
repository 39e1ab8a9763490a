/** Starts containers while tasks wait, and stops one that has none. */
import { log } from '../platform/log.ts';
import { startTimer, TIMED_OUT, within } from '../platform/timer.ts';

/** A call that has not been answered by then is repeated at the next check. */
const DEADLINE_MS = 15_000;

type OpenTasks = { waiting: number; leased: number };
type KnownEncoder = { encoder: { id: string }; tasks: number };

type FleetLimits = {
  /** Containers at most: what a film may cost. */
  max: number;
  /** Tasks that one container does at a time. */
  slots: number;
};

/**
 * How many containers should run now: the first ones of the fleet, so that a repeated check starts none twice. None while no
 * task waits, which stops no container that has work. Leased tasks count too: they keep encoders busy, and the waiting ones
 * need others. Where encoders of your own hold them, a few containers too many start, and stop when they find nothing.
 */
export function wantedContainers({ waiting, leased }: OpenTasks, { max, slots }: FleetLimits): number {
  return waiting <= 0 ? 0 : Math.min(max, Math.ceil((waiting + leased) / slots));
}

/** The n-th container's name is also the id of its encoder, under which the board knows its tasks. */
export const containerName = (index: number): string => `container-${index + 1}`;

/** Whether it has nothing to do: the board does not know it, or knows that it holds no task. */
export const mayStop = (name: string, known: readonly KnownEncoder[]): boolean =>
  known.every(({ encoder, tasks }) => encoder.id !== name || tasks === 0);

type Fleet = { load(): Promise<OpenTasks>; ensureRunning(name: string): Promise<void> };
type FleetCheck = { waiting: number; wanted: number; failed: number };

/** Throws where the board does not answer; containers that do not start are counted and logged. */
export async function keepFleet(fleet: Fleet, limits: FleetLimits, deadlineMs = DEADLINE_MS): Promise<FleetCheck> {
  const load = await inTime(fleet.load(), deadlineMs);
  const wanted = wantedContainers(load, limits);
  const names = Array.from({ length: wanted }, (_, index) => containerName(index));
  const starts = names.map(async (name) => {
    try {
      await inTime(fleet.ensureRunning(name), deadlineMs);
      return true;
    } catch (error) {
      log.error({ event: 'container_not_started', container: name, reason: String(error) });
      return false;
    }
  });
  const failed = (await Promise.all(starts)).filter((isStarted) => !isStarted).length;
  return { waiting: load.waiting, wanted, failed };
}

type RunningContainer = { encoders(): Promise<readonly KnownEncoder[]>; stop(): Promise<void> };

/** Leaves it alone while it holds a task, and while the board does not answer: it may be in the middle of one. */
export async function stopIfIdle(name: string, container: RunningContainer, deadlineMs = DEADLINE_MS): Promise<void> {
  try {
    if (!mayStop(name, await inTime(container.encoders(), deadlineMs))) {
      return;
    }
  } catch (error) {
    log.warn({ event: 'board_unreachable', container: name, reason: String(error) });
    return;
  }
  log.info({ event: 'container_idle', container: name });
  await container.stop();
}

async function inTime<T>(call: Promise<T>, deadlineMs: number): Promise<T> {
  const answer = await within(call, deadlineMs, startTimer);
  if (answer === TIMED_OUT) {
    throw new Error(`no answer within ${deadlineMs / 1000} s`);
  }
  return answer;
}
