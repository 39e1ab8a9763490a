/** Connects keep-playing.js to hls.js. */
import { keepPlaying } from './keep-playing.js';

/**
 * Creates the player. Call `loadSource` and `attachMedia` on it as usual.
 * @typedef {typeof import('hls.js').default} HlsClass
 * @param {HlsClass} Hls
 * @param {HTMLVideoElement} video
 * @param {import('./keep-playing.js').OnChange} onChange
 * @param {Partial<import('hls.js').HlsConfig>} [config]
 */
export function keepHlsPlaying(Hls, video, onChange, config = {}) {
  /** @type {Promise<boolean>} The next request waits for this. */
  let recovery = Promise.resolve(true);
  const retry = { maxNumRetry: Infinity, retryDelayMs: 0, maxRetryDelayMs: 0, shouldRetry: () => true };
  /** @param {import('hls.js').LoadPolicy} policy */
  const patient = (policy) => ({ default: { ...policy.default, errorRetry: retry, timeoutRetry: retry } });
  const { fragLoadPolicy, playlistLoadPolicy, keyLoadPolicy } = Hls.DefaultConfig;
  const hls = new Hls({
    fragLoadPolicy: patient(fragLoadPolicy),
    playlistLoadPolicy: patient(playlistLoadPolicy),
    keyLoadPolicy: patient(keyLoadPolicy),
    ...config,
    async xhrSetup(xhr, url) {
      await recovery;
      xhr.open('GET', keeper.rewrite(url), true);
    },
  });
  const keeper = keepPlaying(video, {
    stop: () => hls.destroy(),
    reload(link, seconds) {
      hls.config.startPosition = seconds;
      hls.loadSource(link);
    },
    onChange,
  });
  const { ERROR, MANIFEST_LOADED, LEVEL_LOADED, FRAG_LOADED } = Hls.Events;
  hls.on(MANIFEST_LOADED, (_, { url, networkDetails }) =>
    keeper.succeeded(url, () => Object(networkDetails).responseText),
  );
  hls.on(LEVEL_LOADED, () => keeper.succeeded('', String));
  hls.on(FRAG_LOADED, () => keeper.succeeded('', String));
  hls.on(ERROR, (_, { type, fatal, details, url, response, networkDetails }) => {
    if (type === Hls.ErrorTypes.NETWORK_ERROR) {
      recovery = keeper.failed(response?.code ?? 0, Object(networkDetails).response);
      if (fatal && details.startsWith('manifestLoad') && url !== undefined) {
        void recovery.then((goesOn) => goesOn && hls.loadSource(url));
      }
    }
  });
  return hls;
}
