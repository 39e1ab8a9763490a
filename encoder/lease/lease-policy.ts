/**
 * When an encoder asks for one more task, and which tasks it finishes when it is told to stop. Pure.
 *
 * A chunk has a part that keeps the CPU busy (ffmpeg) and a tail that does not (packaging, hashing, upload, report). The
 * tail runs beside the next task's ffmpeg, so the next task is leased shortly before a core becomes idle. At most one, and
 * not earlier: while it waits here, another encoder could do it.
 */

export type Phase = 'preparing' | 'encoding' | 'finishing';

export type HeldView = {
  /** Chunks keep the cores of a slot busy. Inspection and audio, one thread each, run beside them. */
  isHeavy: boolean;
  phase: Phase;
  /** Estimated from progress; null before there is enough of it. */
  remainingSeconds: number | null;
};

/** Covers the lease's round trip, reading the source's head and ffmpeg's start. Progress comes twice a second. */
const AHEAD_SECONDS = 4;
/** On a slow network more tails would only queue behind these. */
const FINISHING_PER_SLOT = 2;
/** An estimate is off by this much when the end of a film is harder to encode than its start. */
const ESTIMATE_MARGIN = 1.5;
/** Below this share the estimate is noise. */
const MIN_SHARE = 0.05;

export function remainingSeconds(share: number, elapsedSeconds: number): number | null {
  return share < MIN_SHARE ? null : (elapsedSeconds * (1 - share)) / share;
}

const endsWithin = ({ phase, remainingSeconds: left }: HeldView, seconds: number, margin = 1): boolean =>
  phase === 'encoding' && left !== null && left * margin <= seconds;

export function wantsLease(held: readonly HeldView[], slots: number): boolean {
  const open = held.filter(({ phase }) => phase !== 'finishing');
  const heavy = open.filter(({ isHeavy }) => isHeavy);
  const light = open.length - heavy.length;
  // The next task may be light too, and must not wait for other light tasks.
  if (light > slots || held.length - open.length >= FINISHING_PER_SLOT * slots) {
    return false;
  }
  return heavy.length < slots || (heavy.length === slots && heavy.some((view) => endsWithin(view, AHEAD_SECONDS)));
}

/** Whether a draining encoder goes on with the task. */
export const finishesWithin = (view: HeldView, secondsLeft: number): boolean =>
  view.phase === 'finishing' || endsWithin(view, secondsLeft, ESTIMATE_MARGIN);
