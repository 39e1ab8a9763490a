/** Shaka Player over MSE: HLS and DASH. The build without its UI, loaded once the page stands. */
import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { keepShakaPlaying } from '../embed/shaka.js';
import { FORMATS } from './address.ts';
import { type Failure, failureOf, failureOfProblem, failureOfResponse, PlaybackError } from './failure.ts';
import type { Player, PlayerEvents, Rendition } from './player.ts';

type Shaka = typeof shaka;
type Track = shaka.extern.Track;

/** What stays buffered in the old rendition when another is chosen: time enough to fetch one segment of the new one. */
const SWITCH_MARGIN_SECONDS = 4;
/** Two minutes of film would hide that a network is too slow; half a minute rides out a lift or a tunnel. */
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
      // While it adapts, Shaka leaves one out for half a minute where too many of its frames were dropped.
      for (const rendition of onePerHeight(player.getVariantTracks()).map(renditionOf)) {
        known.set(rendition.height, rendition);
      }
      return [...known.values()].sort((a, b) => b.height - a.height);
    },
    choose(height) {
      // First: one that was left out is there again once Shaka adapts no longer.
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
    throw new PlaybackError(failureOf('network', 'The player itself did not load.'), cause);
  }
}

const renditionOf = ({ width, height, videoCodec, codecs }: Track): Rendition => ({
  width: width ?? 0,
  height: height ?? 0,
  codec: videoCodec ?? codecs ?? '',
});

/** A variant is a rendition with an audio rendition: of several with the same picture, the one that plays, else the best. */
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

/** BAD_HTTP_STATUS carries [url, status, body, …]: the problem document needs no second request. */
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
