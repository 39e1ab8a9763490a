/** The bar below the picture. Where the browser has controls of its own, it stays hidden. */
import { element } from '../element.ts';
import type { Transport } from './transport.ts';

/** The bar hides after so long without a pointer or a key. */
const IDLE_MS = 3_000;

export function createControls(video: HTMLVideoElement, stage: HTMLElement, transport: Transport): void {
  const play = element('play', HTMLButtonElement);
  const mute = element('mute', HTMLButtonElement);
  const volume = element('volume', HTMLInputElement);
  const fullScreen = element('full-screen', HTMLButtonElement);

  const show = (): void => {
    play.toggleAttribute('data-on', !video.paused);
    play.ariaLabel = video.paused ? 'Play' : 'Pause';
    const isSilent = video.muted || video.volume === 0;
    mute.ariaPressed = String(isSilent);
    mute.toggleAttribute('data-on', isSilent);
    volume.value = String(video.muted ? 0 : video.volume);
    fullScreen.ariaPressed = String(transport.isFullScreen());
    fullScreen.toggleAttribute('data-on', transport.isFullScreen());
  };
  play.addEventListener('click', transport.togglePlay);
  mute.addEventListener('click', transport.toggleMute);
  fullScreen.addEventListener('click', transport.toggleFullScreen);
  volume.addEventListener('input', () => {
    video.volume = Number(volume.value);
    video.muted = false;
  });
  for (const event of ['play', 'pause', 'volumechange', 'emptied']) {
    video.addEventListener(event, show);
  }
  document.addEventListener('fullscreenchange', show);
  followPointer(video, stage, transport);
  show();
}

/** A mouse plays and pauses by a click on the picture. A finger shows and hides the bar, as elsewhere. */
function followPointer(video: HTMLVideoElement, stage: HTMLElement, transport: Transport): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** What has the keyboard's focus, or a menu that is open, must stay visible. */
  const isUsed = (): boolean =>
    stage.querySelector('.controls :focus-visible, .settings:not([hidden]), .time-line input:active') !== null;
  const rest = (): void => {
    clearTimeout(timer);
    if (isUsed()) {
      timer = setTimeout(rest, IDLE_MS);
    } else {
      stage.toggleAttribute('data-idle', !video.paused);
    }
  };
  const wake = (): void => {
    clearTimeout(timer);
    stage.removeAttribute('data-idle');
    timer = setTimeout(rest, IDLE_MS);
  };
  for (const event of ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const) {
    stage.addEventListener(event, (sent) => {
      const isTapOnPicture = sent instanceof PointerEvent && sent.pointerType === 'touch' && sent.target === video;
      if (!isTapOnPicture) {
        wake();
      }
    });
  }
  stage.addEventListener('pointerleave', ({ pointerType }) => pointerType === 'mouse' && rest());
  for (const event of ['play', 'pause', 'seeking', 'ratechange'] as const) {
    video.addEventListener(event, wake);
  }
  video.addEventListener('click', (event) => {
    if (video.controls) {
      return;
    }
    const isTouch = event instanceof PointerEvent && event.pointerType === 'touch';
    if (!isTouch || video.paused) {
      transport.togglePlay();
      // The second click of two takes back what the first one did.
      if (!isTouch && event.detail === 2) {
        transport.toggleFullScreen();
      }
    } else if (stage.hasAttribute('data-idle')) {
      wake();
    } else {
      rest();
    }
  });
}
