/**
 * The browser's own HLS player, for browsers without MSE (iPhones before iOS 17.1). It chooses the rendition itself.
 */
import { HLS_TYPE } from '../../../src/media/media-types.ts';
import { type Failure, failureOf, PlaybackError, refusalOf } from './failure.ts';
import type { Player, PlayerEvents } from './player.ts';

/** After an error, a valid link gets a new session. If playback breaks again sooner than this, the film is broken. */
const RELOAD_MS_MIN = 10_000;

export const canPlayHls = (video: HTMLVideoElement): boolean => video.canPlayType(HLS_TYPE) !== '';

export function createNativePlayer(video: HTMLVideoElement, events: PlayerEvents): Player {
  let loaded = false;
  let source = '';
  let reloadedAtMs = Number.NEGATIVE_INFINITY;
  video.controls = true;
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
    hasOwnControls: true,
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
        // Setting `src` itself queues an `emptied` if something was loaded. Only an `emptied` after that means
        // abandonment.
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
    limit() {},
    sounds: () => [],
    chooseSound() {},
    texts: () => [],
    chooseText() {},
    estimatedBandwidth: () => null,
  };
}

/**
 * A media element only says that it failed. Requesting the manifest again (`refusalOf`) gives the reason of a refusal.
 */
function failureOfMedia(error: MediaError | null): Failure {
  const unsupported = error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
  return failureOf(unsupported ? 'unsupported' : 'playback', error?.message ?? '');
}
