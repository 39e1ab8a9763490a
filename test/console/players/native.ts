import type { Start } from './adapter.ts';

/** The browser's own HLS: it says nothing of renditions and lets nobody choose. */
export const startNative: Start = async (video, url) => {
  const loaded = new Promise((resolve) => video.addEventListener('loadedmetadata', resolve, { once: true }));
  video.src = url;
  await loaded;
  return {
    heights: () => [],
    choose() {
      throw new Error('native playback has no choice of renditions');
    },
    sounds: () => [],
    heard: () => '',
    texts: () => [...video.textTracks].map(({ language, kind }) => `${language} ${kind}`),
    showText(language) {
      for (const track of video.textTracks) {
        track.mode = track.language === language ? 'showing' : 'disabled';
      }
    },
  };
};
