/** What buttons, pointers and keys do to the video. */
import { nextSpeed } from './preferences.ts';

export type Transport = {
  togglePlay(): void;
  seekBy(seconds: number): void;
  toggleMute(): void;
  toggleFullScreen(): void;
  isFullScreen(): boolean;
  setSpeed(speed: number): void;
  stepSpeed(step: -1 | 1): void;
};

/** iPhones show nothing but videos in full screen. */
type FullScreenVideo = HTMLVideoElement & { webkitEnterFullscreen?(): void };

/** `stage` has the video with its controls and texts: in full screen all of them show. */
export function createTransport(video: FullScreenVideo, stage: HTMLElement): Transport {
  const setSpeed = (speed: number): void => {
    video.defaultPlaybackRate = speed; // What is wanted, also while a player stops the other to buffer.
    video.playbackRate = speed;
  };
  const isFullScreen = (): boolean => document.fullscreenElement !== null;
  return {
    togglePlay() {
      if (video.paused) {
        void video.play().catch(() => {}); // The page's listeners show what went wrong.
      } else {
        video.pause();
      }
    },
    seekBy(seconds) {
      if (Number.isFinite(video.duration)) {
        video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), video.duration);
      }
    },
    toggleMute() {
      video.muted = !video.muted;
    },
    toggleFullScreen() {
      if (stage.requestFullscreen === undefined) {
        video.webkitEnterFullscreen?.();
        return;
      }
      const change = isFullScreen() ? document.exitFullscreen() : stage.requestFullscreen();
      void change.catch(() => {}); // The browser or an embedding page refused it, which needs no message.
    },
    isFullScreen,
    setSpeed,
    stepSpeed: (step) => setSpeed(nextSpeed(video.defaultPlaybackRate, step)),
  };
}
