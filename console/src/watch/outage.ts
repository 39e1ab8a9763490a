/** A network that fails: the status line says so at once, a card once the picture has stood for a while. Nothing is stopped. */
import { failureOf } from './failure.ts';
import type { PageState } from './page-state.ts';
import type { ProblemCard } from './problem-card.ts';

/** Until then the picture may yet go on. */
const PATIENCE_MS = 10_000;

export type Outage = {
  set(isOut: boolean): void;
  /** To be called from time to time. */
  look(): void;
  isShown(): boolean;
};

export function createOutage(video: HTMLVideoElement, page: PageState, card: ProblemCard): Outage {
  let isOut = false;
  /** Since when nothing plays and nothing arrives. */
  let standsSinceMs: number | null = null;
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
      const stands = isOut && (page.state() === 'loading' || page.state() === 'buffering');
      standsSinceMs = stands ? (standsSinceMs ?? performance.now()) : null;
      if (standsSinceMs !== null && performance.now() - standsSinceMs > PATIENCE_MS) {
        isShown = true;
        const failure = failureOf('network');
        page.fail(failure);
        card.show(failure);
      }
    },
    isShown: () => isShown,
  };
}
