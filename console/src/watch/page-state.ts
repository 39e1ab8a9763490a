/** The state of the page, as attributes of the root element (for styles and tests) and as text in the status line. */
import type { Failure } from './failure.ts';
import type { Reading } from './stats.ts';

const STATES = ['loading', 'ready', 'playing', 'buffering', 'paused', 'ended', 'failed'] as const;
type State = (typeof STATES)[number];

const STATE_TEXT: Readonly<Record<State, string>> = {
  loading: 'Loading',
  ready: 'Ready',
  playing: 'Playing',
  buffering: 'Buffering',
  paused: 'Paused',
  ended: 'Ended',
  failed: 'Not playing',
};

export type PageState = {
  state(): State;
  set(state: State): void;
  fail(failure: Failure): void;
  /** Whether the network fails. Buffered media still plays. */
  setOutage(isOut: boolean): void;
  /** Shows the size of the current picture. */
  read(reading: Reading): void;
};

export function createPageState(root: HTMLElement, status: HTMLElement): PageState {
  let state: State = 'loading';
  let rendition = '';
  let isOut = false;
  const show = (): void => {
    root.dataset['state'] = state;
    root.toggleAttribute('data-outage', isOut);
    const facts = state === 'failed' ? [] : [rendition, isOut ? 'reconnecting' : ''];
    const text = [STATE_TEXT[state], ...facts].filter(Boolean).join(' · ');
    // Written only if it has changed, because a screen reader speaks every write.
    if (status.textContent !== text) {
      status.textContent = text;
    }
  };
  return {
    state: () => state,
    set(next) {
      state = next;
      if (next !== 'failed') {
        delete root.dataset['code'];
      }
      show();
    },
    fail({ code }) {
      state = 'failed';
      root.dataset['code'] = code;
      show();
    },
    setOutage(next) {
      isOut = next;
      show();
    },
    read({ width, height, format }) {
      root.dataset['format'] = format;
      if (height > 0) {
        root.dataset['rendition'] = `${width}x${height}`;
        rendition = `${Math.min(width, height)}p`;
        show();
      }
    },
  };
}
