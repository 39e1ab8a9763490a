/** keep-playing.js for dash.js 5. */
import { keepPlaying } from './keep-playing.js';

/**
 * To be called before `player.initialize`.
 * @param {import('dashjs').MediaPlayerClass} player
 * @param {HTMLVideoElement} video
 * @param {import('./keep-playing.js').OnChange} onChange
 */
export function keepDashPlaying(player, video, onChange) {
  const keeper = keepPlaying(video, {
    stop: () => player.reset(),
    reload: (link, seconds) => player.attachSource(link, seconds),
    onChange,
  });
  player.updateSettings({
    streaming: {
      retryAttempts: { MPD: Infinity, MediaSegment: Infinity, InitializationSegment: Infinity },
      retryIntervals: { MPD: 0, MediaSegment: 0, InitializationSegment: 0 },
    },
  });
  player.addRequestInterceptor(async (request) => {
    request.url = keeper.rewrite(request.url);
    return request;
  });
  player.addResponseInterceptor(async (response) => {
    const { request, status = 0, data } = response;
    if (status >= 200 && status < 300) {
      keeper.succeeded(request.url, () => String(data));
      // A request that dash.js itself broke off has lost its handler; any other has failed.
    } else if (Object(request.customData).onloadend !== undefined && !(await keeper.failed(status, data))) {
      await new Promise(() => {}); // The player was reset: nothing may ask again.
    }
    return response;
  });
}
