/** Keyboard shortcuts of the page. Focused elements with their own keys, such as buttons, take precedence. */

const STEP_SECONDS = 5;
const LEAP_SECONDS = 10;
const OWN_KEYS = 'input, button, select, textarea, a, video, [contenteditable]';

export function listenForShortcuts(video: HTMLVideoElement, frame: HTMLElement): void {
  const seekBy = (seconds: number): void => {
    if (Number.isFinite(video.duration)) {
      video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), video.duration);
    }
  };
  const togglePlay = (): void => {
    if (video.paused) {
      void video.play().catch(() => {}); // The page's listeners show what went wrong.
    } else {
      video.pause();
    }
  };
  const toggleFullScreen = (): void => {
    const change = document.fullscreenElement === null ? frame.requestFullscreen?.() : document.exitFullscreen();
    void change?.catch(() => {}); // The browser or an embedding page refused it, which needs no message.
  };
  const actions: Readonly<Record<string, () => void>> = {
    ' ': togglePlay,
    k: togglePlay,
    arrowleft: () => seekBy(-STEP_SECONDS),
    arrowright: () => seekBy(STEP_SECONDS),
    j: () => seekBy(-LEAP_SECONDS),
    l: () => seekBy(LEAP_SECONDS),
    m: () => {
      video.muted = !video.muted;
    },
    f: toggleFullScreen,
  };
  document.addEventListener('keydown', (event) => {
    const action = actions[event.key.toLowerCase()];
    const elsewhere = event.target instanceof Element && event.target.closest(OWN_KEYS) !== null;
    if (action !== undefined && !elsewhere && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      action();
    }
  });
}
