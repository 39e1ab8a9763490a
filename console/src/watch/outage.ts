/** Shows a network outage: in the status line at once, and on a card once playback has stalled for a while. */
import { failureOf } from './failure.ts';
import type { PageState } from './page-state.ts';
import type { ProblemCard } from './problem-card.ts';

/** A shorter stall is not shown on the card. */
const PATIENCE_MS = 10_000;

export type Outage = {
  set(isOut: boolean): void;
  /** Checks for a stall. Call it regularly. */
  look(): void;
  isShown(): boolean;
};

export function createOutage(video: HTMLVideoElement, page: PageState, card: ProblemCard): Outage {
  let isOut = false;
  /** When playback stalled during an outage. */
  let stalledSinceMs: number | null = null;
  let isShown = false;
  return {
    set(next) {
      isOut = next;
      page.setOutage(next);
      if (!next && isShown && page.state() === 'failed') {
        card.hide();
        page.set(video.paused ? 'paused' : 'buffering');
      }
      isShown &&= next;
    },
    look() {
      const isStalled = isOut && (page.state() === 'loading' || page.state() === 'buffering');
      stalledSinceMs = isStalled ? (stalledSinceMs ?? performance.now()) : null;
      if (stalledSinceMs !== null && performance.now() - stalledSinceMs > PATIENCE_MS) {
        isShown = true;
        const failure = failureOf('network');
        page.fail(failure);
        card.show(failure);
      }
    },
    isShown: () => isShown,
  };
}
