/** The card over the video that explains why nothing plays. It is in a live region, so screen readers speak it. */
import { element } from '../element.ts';
import type { Failure } from './failure.ts';

export type ProblemCard = { show(failure: Failure): void; hide(): void };

export function createProblemCard(onRetry: () => void): ProblemCard {
  const card = element('problem', HTMLElement);
  const retry = element('retry', HTMLButtonElement);
  const texts = {
    title: element('problem-title', HTMLElement),
    advice: element('problem-advice', HTMLElement),
    code: element('problem-code', HTMLElement),
    detail: element('problem-detail', HTMLElement),
  } as const;
  retry.addEventListener('click', onRetry);
  return {
    show(failure) {
      for (const [name, text] of Object.entries(texts)) {
        text.textContent = failure[name as keyof typeof texts];
      }
      retry.classList.toggle('button-quiet', !failure.isWorthRetrying);
      card.hidden = false;
    },
    hide() {
      card.hidden = true;
    },
  };
}
