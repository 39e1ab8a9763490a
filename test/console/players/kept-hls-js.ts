import Hls from 'hls.js';
import { keepHlsPlaying } from '../../../console/src/embed/hls-js.js';
import { KEPT_BUFFER_SECONDS, type StartKept } from './adapter.ts';

export const startKeptHlsJs: StartKept = async (video, link, onChange) => {
  const config = { maxBufferLength: KEPT_BUFFER_SECONDS, maxMaxBufferLength: KEPT_BUFFER_SECONDS };
  const hls = keepHlsPlaying(Hls, video, onChange, config);
  hls.loadSource(link);
  hls.attachMedia(video);
};
