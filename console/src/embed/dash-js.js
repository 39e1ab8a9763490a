/** Connects keep-playing.js to dash.js 5. */
import { keepPlaying } from './keep-playing.js';

/**
 * Lets the film end with the video element's own `ended` event. The sound lasts up to 21 ms longer than the period. If
 * a timer of dash.js fires in that time, dash.js believes that the film has ended, seeks back half a second and pauses.
 * @param {import('dashjs').MediaPlayerClass} player
 * @param {HTMLVideoElement} video
 */
export function endWithVideo(player, video) {
  player.updateSettings({ streaming: { seekDurationBackoff: 0 } });
  player.on('playbackEnded', () => {
    if (!video.ended) {
      void video.play().catch(() => {}); // Rejects if the player is reset meanwhile.
    }
  });
}

/**
 * Call this before `player.initialize`.
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
      // A request that dash.js itself aborted has no handler any more. Any other request has failed.
    } else if (Object(request.customData).onloadend !== undefined && !(await keeper.failed(status, data))) {
      await new Promise(() => {}); // The player was reset, so nothing may be requested again.
    }
    return response;
  });
}
