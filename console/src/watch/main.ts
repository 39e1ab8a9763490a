/** The watch page: reads the address, starts a player, and connects it to the panel. */
import '../styles/base.css';
import '../styles/choices.css';
import './watch.css';
import './controls.css';
import './time-line.css';
import './settings.css';
import './cues.css';
import './panel.css';
import { createChoices } from '../choices.ts';
import { element } from '../element.ts';
import { type Format, manifestPath, parseAddress, watchPath } from './address.ts';
import { followAudience } from './audience-line.ts';
import { parseBitRates } from './bit-rates.ts';
import { fetchChapters } from './chapters.ts';
import { createControls } from './controls.ts';
import { type Failure, failureOf, PlaybackError, refusalOf } from './failure.ts';
import { canPlayHls, createNativePlayer } from './native-player.ts';
import { createOutage } from './outage.ts';
import { createPageState } from './page-state.ts';
import type { Player, PlayerEvents } from './player.ts';
import { createProblemCard } from './problem-card.ts';
import { createSettings } from './settings.ts';
import { createShakaPlayer } from './shaka-player.ts';
import { listenForShortcuts } from './shortcuts.ts';
import { readStats } from './stats.ts';
import { createStatsPanel } from './stats-panel.ts';
import { createTimeLine } from './time-line.ts';
import { createTransport } from './transport.ts';

const READ_MS = 500;

const address = parseAddress(new URL(location.href));
let format: Format = address?.format ?? 'hls';
let player: Player | null = null;
/** Where to continue after a failure, when the video element has lost its position. */
let lastPosition = 0;
/** The result of a load is ignored if a newer load has begun. */
let loads = 0;

const video = element('video', HTMLVideoElement);
const page = createPageState(document.documentElement, element('now', HTMLElement));
const bitRates = parseBitRates(document.documentElement.dataset['bitRates']);
const note = element('format-note', HTMLElement);
const showStats = createStatsPanel(element('stats', HTMLElement));
const problem = createProblemCard(() => void start({ startSeconds: lastPosition, play: true }));
const formats = createChoices(element('formats', HTMLElement), 'format', (value) => {
  void chooseFormat(value === 'dash' ? 'dash' : 'hls');
});
const stage = element('stage', HTMLElement);
const transport = createTransport(video, stage);
const timeLine = createTimeLine(video);
const settings = createSettings({ video, stage, transport, bitRates, player: () => player });

const outage = createOutage(video, page, problem);

function fail(failure: Failure): void {
  video.pause();
  page.fail(failure);
  problem.show(failure);
}

const events: PlayerEvents = {
  onFailure: fail,
  onTracks: settings.show,
  onOutage: outage.set,
  onReload: () => void start({ startSeconds: lastPosition, play: page.state() !== 'paused' }),
};

/** Switches only if the link still gives the other format: it may have expired. Until then playback continues. */
async function chooseFormat(chosen: Format): Promise<void> {
  const isRunning = page.state() !== 'failed' && page.state() !== 'loading';
  const refusal = isRunning && address !== null ? await refusalOf(manifestPath({ ...address, format: chosen })) : null;
  note.textContent =
    refusal === null ? '' : `Cannot switch to ${chosen.toUpperCase()}: ${refusal.title}. Playback continues.`;
  if (refusal === null) {
    format = chosen;
    await start({ startSeconds: video.currentTime || lastPosition, play: !video.paused || page.state() === 'failed' });
  } else {
    showFormats();
  }
}

function showFormats(): void {
  const can = player?.formats ?? [format];
  formats.show(
    [
      { value: 'hls', label: 'HLS', disabled: !can.includes('hls') },
      { value: 'dash', label: 'DASH', disabled: !can.includes('dash') },
    ],
    format,
  );
}

/** Loads the current format at a position. Shows every failure on the card. */
async function start({ startSeconds, play }: { startSeconds: number; play: boolean }): Promise<void> {
  loads += 1;
  const load = loads;
  problem.hide();
  page.set('loading');
  if (address === null) {
    fail(failureOf('no_link'));
    return;
  }
  try {
    player ??= await createPlayer();
    element('controls', HTMLElement).hidden = player.hasOwnControls;
    if (!player.formats.includes(format)) {
      format = 'hls';
    }
    history.replaceState(null, '', watchPath({ ...address, format }));
    const url = new URL(manifestPath({ ...address, format }), location.href).href;
    await player.load({ url, startSeconds, ...settings.forLoad() });
    if (load === loads) {
      settings.apply();
      void fetchChapters(address.link).then(timeLine.showChapters);
      page.set('ready');
      await (play ? startPlaying() : undefined);
    }
  } catch (error) {
    if (load === loads) {
      fail(error instanceof PlaybackError ? error.failure : failureOf('playback', String(error)));
    }
  }
  showFormats();
}

async function createPlayer(): Promise<Player> {
  const hasMse = 'MediaSource' in window || 'ManagedMediaSource' in window;
  if (hasMse) {
    return createShakaPlayer(video, element('cues', HTMLElement), events);
  }
  if (canPlayHls(video)) {
    return createNativePlayer(video, events);
  }
  throw new PlaybackError(failureOf('unsupported'));
}

/** Browsers refuse to play sound before the first click; then the viewer uses the play button. */
async function startPlaying(): Promise<void> {
  try {
    await video.play();
  } catch (error) {
    if (!(error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError'))) {
      throw error;
    }
  }
}

function follow(event: 'playing' | 'waiting' | 'pause' | 'ended'): void {
  const next = { playing: 'playing', waiting: 'buffering', pause: 'paused', ended: 'ended' } as const;
  video.addEventListener(event, () => {
    // Loading and failing also cause events, such as `pause`, which must not change the state.
    if (
      page.state() !== 'failed' &&
      !(page.state() === 'loading' && event !== 'playing') &&
      !(event === 'pause' && (video.ended || video.error !== null))
    ) {
      page.set(next[event]);
    }
  });
}

function read(): void {
  const reading = readStats({ video, player, format, bitRates });
  lastPosition = reading.positionSeconds || lastPosition;
  page.read(reading);
  showStats(reading);
  outage.look();
  timeLine.show();
  settings.mark(reading.rendition);
}

for (const event of ['playing', 'waiting', 'pause', 'ended'] as const) {
  follow(event);
}
video.addEventListener('resize', read);
addEventListener('online', () => {
  // During an outage the player continues by itself. After a failure it does not.
  if (document.documentElement.dataset['code'] === 'network' && !outage.isShown()) {
    void start({ startSeconds: lastPosition, play: true });
  }
});
createControls(video, stage, transport);
listenForShortcuts({ ...transport, toggleTexts: settings.toggleTexts, stepChapter: timeLine.stepChapter });
setInterval(read, READ_MS);
showFormats();
read();
void start({ startSeconds: 0, play: true });
if (address !== null) {
  followAudience(address.link);
}
