import shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { ascending, BUFFER_SECONDS, indexOfHeight, indexOfLanguage, type Start } from './adapter.ts';

/** What stays of the old rendition ahead of the playhead at a switch. */
const SWITCH_MARGIN_SECONDS = 2;

export const startShaka: Start = async (video, url, report) => {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  player.addEventListener('error', (event) => {
    const { code, data }: shaka.util.Error = Object(event).detail;
    report(`Shaka Player error ${code} ${JSON.stringify(data)}`);
  });
  player.configure({ streaming: { bufferingGoal: BUFFER_SECONDS, bufferBehind: BUFFER_SECONDS } });
  // Before any picture is there: else no text of HLS is shown where all of the film is there when the first is chosen.
  video.addEventListener('loadedmetadata', () => {
    player.selectTextTrack(player.getTextTracks()[0] ?? null);
    player.selectTextTrack(null);
  });
  await player.attach(video);
  await player.load(url);
  const heights = (): number[] => player.getVariantTracks().map((track) => track.height ?? 0);
  return {
    heights: () => ascending(heights()),
    choose(height) {
      const track = player.getVariantTracks()[indexOfHeight(heights(), height)];
      player.configure({ abr: { enabled: false } });
      if (track !== undefined) {
        player.selectVariantTrack(track, true, SWITCH_MARGIN_SECONDS);
      }
    },
    sounds: () => player.getAudioTracks().map(soundText),
    heard: () =>
      player
        .getAudioTracks()
        .filter(({ active }) => active)
        .map(soundText)
        .join(),
    texts: () =>
      player.getTextTracks().map(({ language, kind, forced }) => `${language} ${forced ? 'forced' : (kind ?? '')}`),
    showText(language) {
      const tracks = player.getTextTracks();
      const index = indexOfLanguage(
        tracks.map((track) => track.language),
        language,
      );
      player.selectTextTrack(tracks[index]);
    },
  };
};

const soundText = ({ language, channelsCount }: shaka.extern.AudioTrack): string => `${language} ${channelsCount}`;
