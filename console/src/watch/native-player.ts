/** The browser's own HLS, where there is no MSE (iPhones before iOS 17.1). It chooses the rendition by itself. */
import { HLS_TYPE } from '../../../src/media/media-types.ts';
import { type Failure, failureOf, PlaybackError, refusalOf } from './failure.ts';
import type { Player, PlayerEvents } from './player.ts';

/** A link that is still good starts a new session; a film that breaks again sooner than this is broken. */
const RELOAD_MS_MIN = 10_000;

export const canPlayHls = (video: HTMLVideoElement): boolean => video.canPlayType(HLS_TYPE) !== '';

export function createNativePlayer(video: HTMLVideoElement, events: PlayerEvents): Player {
  let loaded = false;
  let source = '';
  let reloadedAtMs = Number.NEGATIVE_INFINITY;
  video.addEventListener('error', async () => {
    if (!loaded) {
      return;
    }
    const refusal = await refusalOf(source);
    if (refusal === null && performance.now() - reloadedAtMs > RELOAD_MS_MIN) {
      reloadedAtMs = performance.now();
      events.onReload();
    } else {
      events.onFailure(refusal ?? failureOfMedia(video.error));
    }
  });

  return {
    formats: ['hls'],
    async load({ url, startSeconds }) {
      loaded = false;
      source = url;
      const outcome = await new Promise<'ready' | 'error' | 'abandoned'>((resolve) => {
        const listening = new AbortController();
        const settle = (result: 'ready' | 'error' | 'abandoned') => () => {
          listening.abort();
          resolve(result);
        };
        video.addEventListener('loadedmetadata', settle('ready'), { signal: listening.signal });
        video.addEventListener('error', settle('error'), { signal: listening.signal });
        video.src = url;
        // `emptied` is queued by the assignment itself when something was loaded before: only a later one abandons.
        video.addEventListener(
          'loadstart',
          () => video.addEventListener('emptied', settle('abandoned'), { signal: listening.signal }),
          { signal: listening.signal },
        );
      });
      if (outcome === 'error') {
        throw new PlaybackError((await refusalOf(url)) ?? failureOfMedia(video.error), video.error);
      }
      loaded = outcome === 'ready';
      if (loaded && startSeconds > 0) {
        video.currentTime = startSeconds;
      }
    },
    renditions: () => [],
    choose() {},
    estimatedBandwidth: () => null,
  };
}

/** A media element says only that it failed; asking for the manifest once more brings the reason of a refusal. */
function failureOfMedia(error: MediaError | null): Failure {
  const unsupported = error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
  return failureOf(unsupported ? 'unsupported' : 'playback', error?.message ?? '');
}
