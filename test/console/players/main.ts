/** The page that the player tests open: one video element, one player chosen by the test, driven through `window.driver`. */
import {
  type KeptPlayerName,
  PICTURE_SIDE,
  type PlayerDriver,
  type PlayerName,
} from '../../e2e/browser/player-driver.ts';
import type { Adapter, Start, StartKept } from './adapter.ts';
import { collectBuffered, collectDrifts, rangesOf, shownCues, watchSourceBuffers } from './observe.ts';

declare global {
  interface Window {
    driver: PlayerDriver;
  }
  interface HTMLVideoElement {
    /** Chromium's own; the only way to see that sound is decoded. */
    readonly webkitAudioDecodedByteCount?: number;
  }
}

/** One bundle per player: none may see another's globals. */
const STARTS: Readonly<Record<PlayerName, () => Promise<Start>>> = {
  'hls.js': async () => (await import('./hls-js.ts')).startHlsJs,
  'shaka-hls': async () => (await import('./shaka.ts')).startShaka,
  'shaka-dash': async () => (await import('./shaka.ts')).startShaka,
  'dash.js': async () => (await import('./dash-js.ts')).startDashJs,
  'native-hls': async () => (await import('./native.ts')).startNative,
};

const KEPT_STARTS: Readonly<Record<KeptPlayerName, () => Promise<StartKept>>> = {
  'hls.js': async () => (await import('./kept-hls-js.ts')).startKeptHlsJs,
  'shaka-hls': async () => (await import('./kept-shaka.ts')).startKeptShaka,
  'shaka-dash': async () => (await import('./kept-shaka.ts')).startKeptShaka,
  'dash.js': async () => (await import('./kept-dash-js.ts')).startKeptDashJs,
};

function videoElement(): HTMLVideoElement {
  const video = document.querySelector('video');
  if (video === null) {
    throw new TypeError('the page has no video');
  }
  return video;
}

const video = videoElement();
const errors: string[] = [];
const changes: string[] = [];
const tracks = watchSourceBuffers();
const everBuffered = collectBuffered(video);
const drifts = collectDrifts(video);
let adapter: Adapter | null = null;

addEventListener('error', (event) => errors.push(event.message));
addEventListener('unhandledrejection', (event) => errors.push(String(event.reason)));
video.addEventListener('error', () => errors.push(`media error ${video.error?.code} ${video.error?.message}`));

window.driver = {
  async load(name, url) {
    const start = await STARTS[name]();
    adapter = await start(video, url, (message) => errors.push(message));
    await video.play();
  },
  async loadKept(name, url) {
    const start = await KEPT_STARTS[name]();
    await start(video, url, (state, problem) => changes.push(problem === null ? state : `${state} ${problem.code}`));
    await video.play();
  },
  snapshot: () => ({
    position: video.currentTime,
    duration: video.duration,
    ended: video.ended,
    seeking: video.seeking,
    height: video.videoHeight,
    buffered: rangesOf(video.buffered),
    everBuffered: everBuffered(),
    tracks: tracks(),
    cues: shownCues(video),
    audioBytes: video.webkitAudioDecodedByteCount ?? 0,
    decodedFrames: video.getVideoPlaybackQuality().totalVideoFrames,
    droppedFrames: video.getVideoPlaybackQuality().droppedVideoFrames,
    drifts,
    errors,
    changes,
  }),
  heights: () => adapter?.heights() ?? [],
  choose: (height) => adapter?.choose(height),
  lists: () => ({ sounds: adapter?.sounds() ?? [], heard: adapter?.heard() ?? '', texts: adapter?.texts() ?? [] }),
  showText: async (language) => adapter?.showText(language),
  pauseAt(seconds) {
    video.pause();
    video.currentTime = seconds;
  },
  seek(seconds) {
    video.currentTime = seconds;
    if (video.paused) {
      // Rejects when a later seek or the page's end comes first; what matters shows in the snapshot.
      void video.play().catch(() => {});
    }
  },
  picture() {
    const canvas = new OffscreenCanvas(PICTURE_SIDE, PICTURE_SIDE);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context?.drawImage(video, 0, 0, PICTURE_SIDE, PICTURE_SIDE);
    const { data } = context?.getImageData(0, 0, PICTURE_SIDE, PICTURE_SIDE) ?? { data: [] };
    // Grey pictures: one colour is enough.
    return Array.from({ length: PICTURE_SIDE ** 2 }, (_, index) => data[4 * index] ?? 0);
  },
  setRate(rate) {
    video.playbackRate = rate;
  },
  keepBusy(ms) {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
};
