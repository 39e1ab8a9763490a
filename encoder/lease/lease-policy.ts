/**
 * When an encoder asks for one more task, and which tasks it finishes when it is told to end. Pure.
 *
 * A chunk has a part that keeps the CPU busy (ffmpeg) and a tail that does not (packaging, hashing, upload, report). The
 * tail of one runs beside the ffmpeg of the next, so the next is leased shortly before a core falls idle: one task at
 * most, and not earlier, since a task that waits here is one that another encoder could do.
 */

export type Phase = 'preparing' | 'encoding' | 'finishing';

export type HeldView = {
  /** Chunks keep the cores of a slot busy; inspection and audio, one thread each, run beside them. */
  isHeavy: boolean;
  phase: Phase;
  /** Until its end, as far as progress tells; null where it does not yet. */
  remainingSeconds: number | null;
};

/** Covers a lease's round trip, reading a source's head and ffmpeg's start, with progress told twice a second. */
const AHEAD_SECONDS = 4;
/** Tails that wait for a slow network: more would only pile up behind them. */
const FINISHING_PER_SLOT = 2;
/** An estimate from progress is off by this much on films whose end is harder than their start. */
const ESTIMATE_MARGIN = 1.5;
/** Below this share the estimate is noise. */
const MIN_SHARE = 0.05;

export function remainingSeconds(share: number, elapsedSeconds: number): number | null {
  return share < MIN_SHARE ? null : (elapsedSeconds * (1 - share)) / share;
}

export function wantsLease(held: readonly HeldView[], slots: number): boolean {
  const finishing = held.filter(({ phase }) => phase === 'finishing').length;
  const open = held.filter(({ phase }) => phase !== 'finishing');
  const light = open.filter(({ isHeavy }) => !isHeavy).length;
  // What comes next may be a light task as well: it must not wait for others of its kind.
  if (light > slots || finishing >= FINISHING_PER_SLOT * slots) {
    return false;
  }
  const heavy = open.filter(({ isHeavy }) => isHeavy);
  if (heavy.length !== slots) {
    return heavy.length < slots;
  }
  return heavy.some(
    ({ phase, remainingSeconds: left }) => phase === 'encoding' && left !== null && left <= AHEAD_SECONDS,
  );
}

/** Whether to go on with it when there are `secondsLeft` until the end. */
export function finishesWithin({ phase, remainingSeconds: left }: HeldView, secondsLeft: number): boolean {
  return phase === 'finishing' || (phase === 'encoding' && left !== null && left * ESTIMATE_MARGIN <= secondsLeft);
}
