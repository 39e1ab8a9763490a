/** Shaka Player over MSE, for HLS and DASH. It is the build without UI, and is loaded after the page. */
import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { keepShakaPlaying } from '../embed/shaka.js';
import { FORMATS } from './address.ts';
import { type Failure, failureOf, failureOfProblem, failureOfResponse, PlaybackError } from './failure.ts';
import type { Player, PlayerEvents, Rendition } from './player.ts';

type Shaka = typeof shaka;
type Track = shaka.extern.Track;

/** How much of the old rendition stays buffered after a switch: enough time to fetch one segment of the new one. */
const SWITCH_MARGIN_SECONDS = 4;
/** Half a minute bridges a lift or a tunnel. Two minutes would hide a network that is too slow. */
const BUFFERING_GOAL_SECONDS = 30;

/** Throws PlaybackError `unsupported` or `network`. */
export async function createShakaPlayer(video: HTMLVideoElement, events: PlayerEvents): Promise<Player> {
  const shaka = await importShaka();
  shaka.polyfill.installAll();
  if (!shaka.Player.isBrowserSupported()) {
    throw new PlaybackError(failureOf('unsupported'));
  }
  const player = new shaka.Player();
  await player.attach(video);
  player.configure({ streaming: { bufferingGoal: BUFFERING_GOAL_SECONDS } });

  const keeper = keepShakaPlaying(
    shaka,
    player,
    video,
    (state, problem) => {
      events.onOutage(state === 'reconnecting' && problem?.code === 'network');
      if (state === 'ended' && problem !== null) {
        events.onFailure(failureOfProblem(problem));
      }
    },
    events.onReload,
  );
  player.addEventListener('error', (event) => {
    const error: unknown = 'detail' in event ? event.detail : event;
    if (error instanceof shaka.util.Error && error.severity === shaka.util.Error.Severity.CRITICAL) {
      events.onFailure(failureOfShaka(shaka, error));
    }
  });
  player.addEventListener('trackschanged', () => events.onRenditions());
  const known = new Map<number, Rendition>();

  return {
    formats: FORMATS,
    async load({ url, startSeconds }) {
      known.clear();
      try {
        await keeper.load(url, startSeconds > 0 ? startSeconds : null);
      } catch (error) {
        if (!(error instanceof shaka.util.Error)) {
          throw error;
        }
        if (error.code !== shaka.util.Error.Code.LOAD_INTERRUPTED) {
          throw new PlaybackError(failureOfShaka(shaka, error), error);
        }
      }
    },
    renditions() {
      // While adapting, Shaka drops a rendition from its list for half a minute if it lost too many frames.
      for (const rendition of onePerHeight(player.getVariantTracks()).map(renditionOf)) {
        known.set(rendition.height, rendition);
      }
      return [...known.values()].sort((a, b) => b.height - a.height);
    },
    choose(height) {
      // Stop adapting first: then a rendition that Shaka dropped is in the list again.
      player.configure({ abr: { enabled: height === null } });
      const track = onePerHeight(player.getVariantTracks()).find((candidate) => candidate.height === height);
      if (track !== undefined) {
        player.selectVariantTrack(track, true, SWITCH_MARGIN_SECONDS);
      } else {
        player.configure({ abr: { enabled: true } });
      }
    },
    estimatedBandwidth() {
      const { estimatedBandwidth } = player.getStats();
      return Number.isFinite(estimatedBandwidth) && estimatedBandwidth > 0 ? estimatedBandwidth : null;
    },
  };
}

async function importShaka(): Promise<Shaka> {
  try {
    return (await import('shaka-player/dist/shaka-player.compiled-es2021.js')).default;
  } catch (cause) {
    throw new PlaybackError(failureOf('network', 'The player did not load.'), cause);
  }
}

const renditionOf = ({ width, height, videoCodec, codecs }: Track): Rendition => ({
  width: width ?? 0,
  height: height ?? 0,
  codec: videoCodec ?? codecs ?? '',
});

/** A variant pairs video with audio. Of several variants with the same video: the active one, otherwise the best. */
function onePerHeight(tracks: readonly Track[]): Track[] {
  const best = new Map<number, Track>();
  for (const track of tracks) {
    const height = track.height ?? 0;
    const known = best.get(height);
    if (known === undefined || (!known.active && (track.active || track.bandwidth > known.bandwidth))) {
      best.set(height, track);
    }
  }
  return [...best.values()].sort((a, b) => (b.height ?? 0) - (a.height ?? 0));
}

/** The data of BAD_HTTP_STATUS is [url, status, body, …], so the problem document is already there. */
function failureOfShaka(shaka: Shaka, { category, code, data }: shaka.util.Error): Failure {
  const { Category, Code } = shaka.util.Error;
  if (code === Code.BAD_HTTP_STATUS) {
    const [, status, body] = data;
    return failureOfResponse(Number(status), typeof body === 'string' ? body : '');
  }
  const detail = `Shaka Player error ${code}`;
  if (category === Category.NETWORK) {
    return failureOf('network', detail);
  }
  return failureOf(code === Code.CONTENT_UNSUPPORTED_BY_BROWSER ? 'unsupported' : 'playback', detail);
}
