import Hls, { type MediaPlaylist } from 'hls.js';
import { ascending, BUFFER_SECONDS, indexOfHeight, indexOfLanguage, type Start } from './adapter.ts';

/** Ahead of the position, without a hole. */
const DECODABLE_SECONDS = 2;

export const startHlsJs: Start = async (video, url, report) => {
  const hls = new Hls({ maxBufferLength: BUFFER_SECONDS, backBufferLength: BUFFER_SECONDS });
  hls.on(Hls.Events.ERROR, (_event, { details, fatal, reason, buffer = 0 }) => {
    // A load that is not needed any more, since another text was chosen.
    const isAborted = details === Hls.ErrorDetails.INTERNAL_ABORTED;
    // The media is there: a loaded machine decodes it late.
    const isSlow = details === Hls.ErrorDetails.BUFFER_STALLED_ERROR && !fatal && buffer > DECODABLE_SECONDS;
    if (!isAborted && !isSlow) {
      report(`${details} ${fatal} ${reason ?? ''}`);
    }
  });
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
    sounds: () => hls.allAudioTracks.map(soundText),
    heard: () => hls.audioTracks.slice(hls.audioTrack).slice(0, 1).map(soundText).join(),
    texts: () =>
      hls.subtitleTracks.map(({ lang, characteristics, forced }) => `${lang} ${kindOf(characteristics, forced)}`),
    showText(language) {
      hls.subtitleTrack = indexOfLanguage(
        hls.subtitleTracks.map(({ lang }) => lang),
        language,
      );
      hls.subtitleDisplay = true;
    },
  };
};

const soundText = ({ lang, channels }: MediaPlaylist): string => `${lang} ${channels}`;

function kindOf(characteristics: string | undefined, forced: boolean): string {
  const isCaptions = characteristics?.includes('transcribes-spoken-dialog') === true;
  return forced ? 'forced' : isCaptions ? 'captions' : 'subtitles';
}
