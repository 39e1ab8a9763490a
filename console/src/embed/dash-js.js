/** keep-playing.js for dash.js 5. */
import { keepPlaying } from './keep-playing.js';

/**
 * Lets the film end by the video element's own `ended`. Its sound runs on for up to 21 ms after the period does. When a
 * timer of dash.js runs in that time, it takes the film for ended, goes back by half a second and pauses.
 * @param {import('dashjs').MediaPlayerClass} player
 * @param {HTMLVideoElement} video
 */
export function endWithVideo(player, video) {
  player.updateSettings({ streaming: { seekDurationBackoff: 0 } });
  player.on('playbackEnded', () => {
    if (!video.ended) {
      void video.play().catch(() => {}); // Rejects when the player is reset meanwhile.
    }
  });
}

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
  endWithVideo(player, video);
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
