import { type MediaInfo, MediaPlayer } from 'dashjs';
import { endWithVideo } from '../../../console/src/embed/dash-js.js';
import { ascending, BUFFER_SECONDS, indexOfHeight, indexOfLanguage, type Start } from './adapter.ts';

export const startDashJs: Start = async (video, url, report) => {
  const player = MediaPlayer().create();
  for (const event of [MediaPlayer.events.ERROR, MediaPlayer.events.PLAYBACK_ERROR]) {
    player.on(event, ({ error }: { error?: unknown }) => report(`${event} ${JSON.stringify(error)}`));
  }
  player.updateSettings({
    streaming: {
      buffer: {
        bufferTimeDefault: BUFFER_SECONDS,
        bufferTimeAtTopQuality: BUFFER_SECONDS,
        bufferTimeAtTopQualityLongForm: BUFFER_SECONDS,
        bufferToKeep: BUFFER_SECONDS,
        bufferPruningInterval: BUFFER_SECONDS,
      },
    },
  });
  endWithVideo(player, video);
  const initialized = new Promise((resolve) => player.on(MediaPlayer.events.STREAM_INITIALIZED, resolve));
  player.initialize(video, url, false);
  await initialized;
  const heights = (): number[] => player.getRepresentationsByType('video').map(({ height }) => height);
  return {
    heights: () => ascending(heights()),
    choose(height) {
      player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: false } } } });
      player.setRepresentationForTypeByIndex('video', indexOfHeight(heights(), height), true);
    },
    sounds: () => player.getTracksFor('audio').map(soundText),
    heard: () => soundText(player.getCurrentTrackFor('audio')),
    texts: () => player.getTracksFor('text').map(({ lang, roles }) => `${lang} ${roles?.[0]?.value}`),
    async showText(language) {
      const languages = player.getTracksFor('text').map(({ lang }) => lang);
      // A seek while it fetches a text makes dash.js (5.2) throw that text away.
      const fetched = new Promise<void>((resolve) =>
        player.on(MediaPlayer.events.FRAGMENT_LOADING_COMPLETED, ({ request }: { request: { mediaType: string } }) => {
          if (request.mediaType === 'text') {
            resolve();
          }
        }),
      );
      player.setTextTrack(indexOfLanguage(languages, language));
      await fetched;
    },
  };
};

const soundText = (sound: MediaInfo | null): string => `${sound?.lang} ${sound?.audioChannelConfiguration?.[0]?.value}`;
