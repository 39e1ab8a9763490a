import { MediaPlayer } from 'dashjs';
import { keepDashPlaying } from '../../../console/src/embed/dash-js.js';
import { KEPT_BUFFER_SECONDS, type StartKept } from './adapter.ts';

export const startKeptDashJs: StartKept = async (video, link, onChange) => {
  const player = MediaPlayer().create();
  player.updateSettings({
    streaming: { buffer: { bufferTimeDefault: KEPT_BUFFER_SECONDS, bufferTimeAtTopQuality: KEPT_BUFFER_SECONDS } },
  });
  keepDashPlaying(player, video, onChange);
  player.initialize(video, link, false);
};
