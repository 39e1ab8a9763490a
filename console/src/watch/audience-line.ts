/**
 * The line below the video: the number of views, and how many people are watching. It is refreshed while the page is
 * visible. Its space is reserved, so that nothing moves when the numbers arrive. It changes too often for a live
 * region.
 */
import { element } from '../element.ts';
import { countOf, countText } from '../numbers.ts';
import { type Answer, answerOf, nextPollMs } from './audience.ts';

/** Longer than the server waits for its counter. */
const CALL_MS = 8_000;

export function followAudience(link: string): void {
  const line = element('audience', HTMLElement);
  const views = element('audience-views', HTMLElement);
  const watching = element('audience-watching', HTMLElement);
  let failures = 0;
  let seenSinceMs = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;
  let isOver = false;

  const show = (answer: Answer): void => {
    if (answer.kind === 'failed' && line.dataset['state'] === 'unknown') {
      return;
    }
    if (answer.kind === 'known') {
      views.textContent = countOf(answer.audience.views, 'view');
      watching.textContent = `${countText(answer.audience.watching)} watching now`;
    }
    // After a failure the last known numbers stay visible, marked as old.
    line.dataset['state'] = answer.kind;
  };

  const look = async (): Promise<void> => {
    if (isAsking || isOver || document.hidden) {
      return;
    }
    isAsking = true;
    const answer = await ask(link);
    isAsking = false;
    failures = answer.kind === 'known' ? 0 : failures + 1;
    show(answer);
    const waitMs = nextPollMs(answer, { failures, seenMs: performance.now() - seenSinceMs });
    isOver = waitMs === null;
    if (waitMs !== null) {
      timer = setTimeout(() => void look(), waitMs);
    }
  };

  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    seenSinceMs = performance.now();
    void look();
  });
  void look();
}

async function ask(link: string): Promise<Answer> {
  try {
    const response = await fetch(`/v/${link}/views`, { cache: 'no-store', signal: AbortSignal.timeout(CALL_MS) });
    return answerOf(response.status, await response.json().catch(() => null));
  } catch {
    return { kind: 'failed' };
  }
}
