/** What the page is doing, in one place: attributes of the root element that styles, tests and the status line read. */
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
  /** Whether the network fails; what is buffered plays on. */
  setOutage(isOut: boolean): void;
  /** Width × height on the screen, for the status line and for tests. */
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
    // Written only when it differs: a screen reader says every change.
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
