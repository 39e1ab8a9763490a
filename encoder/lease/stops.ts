/**
 * How an encoder is told to stop. SIGTERM: take no more tasks, finish what ends within DRAIN_SECONDS, hand back the rest.
 * SIGINT (Ctrl-C), a second signal or the end of the parent process: hand everything back at once.
 */
import type { EventEmitter } from 'node:events';
import { HAND_BACK_MS } from './held-task.ts';

export type Stops = {
  /** No more leases. Aborts no later than `stop`. */
  drain: AbortSignal;
  /** Hand back what is left. */
  stop: AbortSignal;
  /** From `drain` to `stop`. */
  secondsLeft: () => number;
};

/** Listens on `source` (a process). `stop` comes HAND_BACK_MS before the end, so that the board still gets the reports. */
export function stopsOnSignals(source: Pick<EventEmitter, 'on' | 'once'>, drainSeconds: number): Stops {
  const drain = new AbortController();
  const stop = new AbortController();
  const graceMs = Math.max(0, drainSeconds * 1000 - HAND_BACK_MS);
  let endsAt = 0;
  const stopNow = (reason: string): void => {
    drain.abort(new Error(reason));
    stop.abort(new Error(reason));
  };
  source.on('SIGTERM', () => {
    if (drain.signal.aborted || graceMs === 0) {
      stopNow('SIGTERM');
      return;
    }
    endsAt = performance.now() + graceMs;
    drain.abort(new Error('SIGTERM'));
    setTimeout(() => stopNow('SIGTERM, and the time to drain is over'), graceMs).unref();
  });
  source.on('SIGINT', () => stopNow('SIGINT'));
  // `npm start` runs the encoder over a channel: it must not outlive a parent that was killed.
  source.once('disconnect', () => stopNow('the parent is gone'));
  return {
    drain: drain.signal,
    stop: stop.signal,
    secondsLeft: () => (stop.signal.aborted ? 0 : Math.max(0, (endsAt - performance.now()) / 1000)),
  };
}
