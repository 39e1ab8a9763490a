import Hls from 'hls.js';
import { ascending, BUFFER_SECONDS, indexOfHeight, type Start } from './adapter.ts';

export const startHlsJs: Start = async (video, url, report) => {
  const hls = new Hls({ maxBufferLength: BUFFER_SECONDS, backBufferLength: BUFFER_SECONDS });
  hls.on(Hls.Events.ERROR, (_event, { details, fatal, reason }) => report(`${details} ${fatal} ${reason ?? ''}`));
  const parsed = new Promise((resolve) => hls.once(Hls.Events.MANIFEST_PARSED, resolve));
  hls.loadSource(url);
  hls.attachMedia(video);
  await parsed;
  const heights = (): number[] => hls.levels.map((level) => level.height);
  return {
    heights: () => ascending(heights()),
    choose(height) {
      hls.nextLevel = indexOfHeight(heights(), height);
    },
  };
};
