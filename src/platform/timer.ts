/** Waits with a limit. The timer is passed in, so that tests control time. */
import { AppError } from '../errors.ts';

/** `elapsed` resolves after the given milliseconds; never if it was cancelled. */
export type StartTimer = (milliseconds: number) => { elapsed: Promise<void>; cancel: () => void };

export const startTimer: StartTimer = (milliseconds) => {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const handle = setTimeout(resolve, milliseconds);
  return { elapsed, cancel: () => clearTimeout(handle) };
};

export const TIMED_OUT = Symbol('timed out');

/** The result of `work`, or TIMED_OUT. The work itself goes on: its caller must bound it. */
export async function within<T>(
  work: Promise<T>,
  milliseconds: number,
  start: StartTimer,
): Promise<T | typeof TIMED_OUT> {
  const timer = start(milliseconds);
  try {
    return await Promise.race([work, timer.elapsed.then((): typeof TIMED_OUT => TIMED_OUT)]);
  } finally {
    timer.cancel();
  }
}

/** The result of `work`. Throws AppError `unavailable` after the time; a later result goes to `discard`. */
export async function inTime<T>(
  work: Promise<T>,
  milliseconds: number,
  start: StartTimer,
  discard: (late: T) => unknown = () => {},
): Promise<T> {
  const value = await within(work, milliseconds, start);
  if (value === TIMED_OUT) {
    work.then(discard).catch(() => {});
    throw new AppError('unavailable', { cause: new Error(`no answer within ${milliseconds} ms`) });
  }
  return value;
}
