import shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { keepShakaPlaying } from '../../../console/src/embed/shaka.js';
import { KEPT_BUFFER_SECONDS, type StartKept } from './adapter.ts';

export const startKeptShaka: StartKept = async (video, link, onChange) => {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  await player.attach(video);
  player.configure({ streaming: { bufferingGoal: KEPT_BUFFER_SECONDS } });
  await keepShakaPlaying(shaka, player, video, onChange).load(link);
};
