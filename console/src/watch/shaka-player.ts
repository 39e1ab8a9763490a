/** Shaka Player over MSE, for HLS and DASH. It is the build without UI, and is loaded after the page. */
import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { keepShakaPlaying } from '../embed/shaka.js';
import { FORMATS } from './address.ts';
import { type Failure, failureOf, failureOfProblem, failureOfResponse, PlaybackError } from './failure.ts';
import type { Player, PlayerEvents, Rendition } from './player.ts';
import { onePerHeight, renditionOf, soundOf, soundsOf, textOf } from './shaka-tracks.ts';

type Shaka = typeof shaka;

/** How much of the old rendition stays buffered after a switch: enough time to fetch one segment of the new one. */
const SWITCH_MARGIN_SECONDS = 4;
/** Half a minute bridges a lift or a tunnel. Two minutes would hide a network that is too slow. */
const BUFFERING_GOAL_SECONDS = 30;

/** Texts are drawn into `texts`, where styles reach them. Throws PlaybackError `unsupported` or `network`. */
export async function createShakaPlayer(
  video: HTMLVideoElement,
  texts: HTMLElement,
  events: PlayerEvents,
): Promise<Player> {
  const shaka = await importShaka();
  shaka.polyfill.installAll();
  if (!shaka.Player.isBrowserSupported()) {
    throw new PlaybackError(failureOf('unsupported'));
  }
  const player = new shaka.Player();
  player.setVideoContainer(texts);
  await player.attach(video);
  player.configure({
    streaming: { bufferingGoal: BUFFERING_GOAL_SECONDS },
    // The page shows forced texts itself: it knows whether others are wanted.
    accessibility: { handleForcedSubtitlesAutomatically: false },
  });

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
  player.addEventListener('trackschanged', () => events.onTracks());
  video.addEventListener('loadedmetadata', () => prepareTexts(player));
  const known = new Map<number, Rendition>();
  const limit = (pixelsMax: number | null): void => {
    player.configure({ abr: { restrictions: { maxPixels: pixelsMax ?? Number.POSITIVE_INFINITY } } });
  };

  return {
    formats: FORMATS,
    hasOwnControls: false,
    async load({ url, startSeconds, sound, pixelsMax }) {
      known.clear();
      const wished =
        sound === null ? [] : [audioPreference(sound.language, sound.channels), audioPreference(sound.language)];
      player.configure({ preferredAudio: [...wished, audioPreference('')] });
      limit(pixelsMax);
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
    limit,
    sounds: () => soundsOf(player.getVariantTracks()),
    chooseSound(id) {
      const variants = player.getVariantTracks();
      const active = variants.find((variant) => variant.active);
      const fitting = variants.filter((variant) => soundOf(variant).id === id);
      const chosen = fitting.find(({ height }) => height === active?.height) ?? fitting[0];
      if (chosen !== undefined && !fitting.some((variant) => variant.active)) {
        player.selectVariantTrack(chosen, true);
      }
    },
    texts: () => player.getTextTracks().map(textOf),
    chooseText(id) {
      player.selectTextTrack(player.getTextTracks().find((track) => String(track.id) === id) ?? null);
    },
    estimatedBandwidth() {
      const { estimatedBandwidth } = player.getStats();
      return Number.isFinite(estimatedBandwidth) && estimatedBandwidth > 0 ? estimatedBandwidth : null;
    },
  };
}

/**
 * Of HLS, Shaka (5.2) knows when texts are to be shown only from pictures that it appends after it has made the part for
 * texts, which it makes for the first text that is chosen. Of a short film, all pictures may be there when `load` resolves. So
 * this is called before the first of them is.
 */
function prepareTexts(player: shaka.Player): void {
  const texts = player.getTextTracks();
  if (texts[0] !== undefined && !texts.some(({ active }) => active)) {
    player.selectTextTrack(texts[0]);
    // In the same turn: nothing of the text is fetched.
    player.selectTextTrack(null);
  }
}

async function importShaka(): Promise<Shaka> {
  try {
    return (await import('shaka-player/dist/shaka-player.compiled-es2021.js')).default;
  } catch (cause) {
    throw new PlaybackError(failureOf('network', 'The player did not load.'), cause);
  }
}

/** Stereo unless the viewer chose otherwise: every device plays it. */
const audioPreference = (language: string, channelCount = 2): shaka.extern.AudioPreference => ({
  ...{ language, channelCount, role: '', label: '', codec: '', spatialAudio: false },
});

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
