/** Keyboard shortcuts of the page. Where a focused element has its own use of a key, it takes precedence. */
import type { Transport } from './transport.ts';

const STEP_SECONDS = 5;
const LEAP_SECONDS = 10;
/** Who types text wants every key; who uses a button or a menu only those that work it. */
const TYPING = 'input:not([type=range], [type=radio]), select, textarea, [contenteditable], video[controls]';
const OPERATED = 'button, input, a, summary';
const OPERATING = new Set([' ', 'arrowleft', 'arrowright']);
/** Arrows on the time line step as they do elsewhere on the page. */
const STEPPED = '#seek';

export type Shortcuts = Pick<Transport, 'togglePlay' | 'seekBy' | 'toggleMute' | 'toggleFullScreen' | 'stepSpeed'> & {
  toggleTexts(): void;
  stepChapter(step: -1 | 1): void;
};

export function listenForShortcuts(to: Shortcuts): void {
  const actions: Readonly<Record<string, () => void>> = {
    ' ': to.togglePlay,
    k: to.togglePlay,
    arrowleft: () => to.seekBy(-STEP_SECONDS),
    arrowright: () => to.seekBy(STEP_SECONDS),
    j: () => to.seekBy(-LEAP_SECONDS),
    l: () => to.seekBy(LEAP_SECONDS),
    m: to.toggleMute,
    f: to.toggleFullScreen,
    c: to.toggleTexts,
    '<': () => to.stepSpeed(-1),
    '>': () => to.stepSpeed(1),
    p: () => to.stepChapter(-1),
    n: () => to.stepChapter(1),
  };
  document.addEventListener('keydown', (event) => {
    const key = event.key.toLowerCase();
    const action = actions[key];
    const isElsewhere = event.target instanceof Element && hasOwnUse(event.target, key);
    if (action !== undefined && !isElsewhere && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      action();
    }
  });
}

function hasOwnUse(target: Element, key: string): boolean {
  if (target.closest(TYPING) !== null) {
    return true;
  }
  return OPERATING.has(key) && target.closest(OPERATED) !== null && !target.matches(STEPPED);
}
