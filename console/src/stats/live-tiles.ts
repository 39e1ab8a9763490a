/** The four numbers at the top, and whether they are live. They change too often for a live region. */
import { element } from '../element.ts';
import { countText, minutesText } from '../numbers.ts';
import type { Live } from './live-feed.ts';

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'off';

const STATE_TEXT: Readonly<Record<LiveState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  off: '',
};

export function createLiveTiles(root: HTMLElement) {
  const values = {
    views: element('live-views', HTMLElement),
    watching: element('live-watching', HTMLElement),
    viewers: element('live-viewers', HTMLElement),
    minutes: element('live-minutes', HTMLElement),
  } as const;
  const status = element('live', HTMLElement);
  return {
    show(live: Live): void {
      for (const name of ['views', 'watching', 'viewers'] as const) {
        values[name].textContent = countText(live[name]);
      }
      values.minutes.textContent = minutesText(live.minutes);
    },
    set(state: LiveState): void {
      if (root.dataset['live'] !== state) {
        root.dataset['live'] = state;
        status.textContent = STATE_TEXT[state];
      }
    },
  };
}
