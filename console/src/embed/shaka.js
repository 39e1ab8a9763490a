/** Connects keep-playing.js to Shaka Player. */
import { keepPlaying } from './keep-playing.js';

/**
 * `player` must already be attached to `video`. Returns `load`, to be used instead of `player.load`. `reload` is called
 * if another version was published meanwhile.
 * @typedef {typeof import('shaka-player/dist/shaka-player.compiled-es2021.js').default} Shaka
 * @param {Shaka} shaka
 * @param {InstanceType<Shaka['Player']>} player
 * @param {HTMLVideoElement} video
 * @param {import('./keep-playing.js').OnChange} onChange
 * @param {(link: string, seconds: number) => void} [reload]
 */
export function keepShakaPlaying(shaka, player, video, onChange, reload) {
  const { Category, Code } = shaka.util.Error;
  let loads = 0;
  const keeper = keepPlaying(video, {
    stop: () => void player.unload(),
    reload: reload ?? ((link, seconds) => void load(link, seconds)),
    onChange,
  });

  /** @param {InstanceType<Shaka['util']['Error']>} error */
  const failed = ({ code, data }) =>
    code === Code.BAD_HTTP_STATUS ? keeper.failed(data[1], data[2]) : keeper.failed(0);

  /** Waits for the network. Throws as `player.load` does. @param {string} link @param {number | null} seconds */
  async function load(link, seconds = null) {
    loads += 1;
    const own = loads;
    for (;;) {
      try {
        return await player.load(link, seconds);
      } catch (error) {
        const isNetwork = error instanceof shaka.util.Error && error.category === Category.NETWORK;
        if (!isNetwork || !(await failed(error)) || own !== loads) {
          throw error;
        }
      }
    }
  }

  /** `retryStreaming` ignores a rendition whose playlist failed to load. Switching away and back requests it again. */
  function askPlaylistAgain() {
    const tracks = player.getVariantTracks();
    for (const track of [tracks.find(({ active }) => !active), tracks.find(({ active }) => active)]) {
      if (track !== undefined) {
        player.selectVariantTrack(track);
      }
    }
  }

  const network = player.getNetworkingEngine();
  network?.registerRequestFilter((_type, request) => {
    request.uris = request.uris.map(keeper.rewrite);
  });
  network?.registerResponseFilter((_type, { uri, data }) => {
    keeper.succeeded(uri, () => shaka.util.StringUtils.fromUTF8(data));
  });
  player.addEventListener('error', (event) => {
    if ('detail' in event && Object(event.detail).category === Category.NETWORK) {
      event.stopImmediatePropagation();
    }
  });
  player.configure({
    streaming: {
      // An outage of the network is no reason to disable a rendition.
      maxDisabledTime: 0,
      retryParameters: { maxAttempts: 1, baseDelay: 100 },
      // Shaka remembers a prefetched init segment that failed as failed.
      segmentPrefetchLimit: 0,
      /** @param {InstanceType<Shaka['util']['Error']>} error */
      async failureCallback(error) {
        if (error.category === Category.NETWORK && (await failed(error))) {
          player.retryStreaming(0);
          if (/\.m3u8$/.test(error.data[0])) {
            askPlaylistAgain();
          }
        }
      },
    },
  });
  return { load };
}
