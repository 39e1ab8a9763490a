/**
 * An audience as a seed gives it: who plays what, in which order, and with what trouble. Pure, and the same in the Worker
 * (truth-isolate.ts), which plays it, and in Node (naive-model.ts), which knows what must come of it.
 */
import type { Measure } from '../../src/media/measure.ts';
import { seededRandom } from '../replay.ts';

export type Film = {
  assetId: string;
  version: string;
  main: 'video' | 'audio';
  measure: Measure;
  /** Of the kind that counts. */
  tracks: readonly string[];
};

const film = (
  assetId: string,
  [segmentMs, segments, lastMs]: [number, number, number],
  { version = 'v1', main = 'video' }: Partial<Pick<Film, 'version' | 'main'>> = {},
): Film => ({
  assetId,
  version,
  main,
  measure: { segmentMs, segments, durationMs: segmentMs * (segments - 1) + lastMs },
  tracks: main === 'video' ? ['v360', 'v720', 'v1080'] : ['a64', 'a128'],
});

/** From the most watched to the least; their lengths are those at which a rule changes. */
export const FILMS: readonly Film[] = [
  film('hot', [2_000, 150, 1_500]), // one segment is no view yet
  film('republished', [4_000, 40, 4_000]),
  film('republished', [4_000, 41, 200], { version: 'v2' }),
  film('long', [2_000, 3_600, 40]),
  film('short', [4_000, 2, 1_000]), // half of it is less than VIEW_SECONDS, and more than its last segment
  film('blink', [1_200, 1, 1_200]),
  film('podcast', [6_000, 80, 2_345], { main: 'audio' }),
  film('fine', [1_000, 90, 999]), // three segments make a view
];

/** Shares of the sessions, of 20. */
const FILM_SHARES = [9, 3, 2, 2, 1, 1, 1, 1] as const;

export const USER_AGENTS = {
  other: '',
  mobile:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  desktop:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  bot: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
} as const;
type Agent = keyof typeof USER_AGENTS;

export const COUNTRIES = ['DE', 'FR', 'JP', 'XX'] as const;

/** `whole` counts; a HEAD, part of a segment, or sound beside the picture does not. */
type FetchKind = 'whole' | 'head' | 'part' | 'beside';
export type Fetch = { number: number; track: string; kind: FetchKind };

export type Plan = {
  index: number;
  sessionId: string;
  film: Film;
  agent: Agent;
  country: (typeof COUNTRIES)[number];
  viewer: string | null;
  /** One after the other: the next begins when all of this one is acknowledged. Within one, in any order. */
  parts: Fetch[][];
};

export const PARTS = 3;
/** Fetches of one session, at most about this many. */
const MAX_FETCHES = 36;
/** Every fifth session is the one before it, reloaded: a session of its own, of the same viewer on the same film. */
const RELOAD_EVERY = 5;

const pick = <T>(items: readonly T[], random: () => number): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) {
    throw new RangeError('nothing to choose from');
  }
  return item;
};

const filmDeck = FILM_SHARES.flatMap((share, index) => Array.from({ length: share }, () => index));

/** `sessions`: of the whole audience, which has half as many viewers. */
export function planOf(seed: number, index: number, sessions: number): Plan {
  const isReload = index % RELOAD_EVERY === RELOAD_EVERY - 1;
  const who = seededRandom(Math.imul(seed, 0x9e3779b1) + (isReload ? index - 1 : index));
  const chosen = FILMS[pick(filmDeck, who)];
  if (chosen === undefined) {
    throw new RangeError('a share without a film');
  }
  const agent: Agent = who() < 0.03 ? 'bot' : pick(['other', 'mobile', 'desktop'] as const, who);
  const country = pick(COUNTRIES, who);
  const viewer = who() < 0.7 ? `viewer-${Math.floor(who() * sessions * 0.5)}` : null;
  const random = seededRandom(Math.imul(seed, 0x85ebca6b) + index);
  const sessionId = `s${index.toString(36).padStart(15, '0')}`;
  return { index, sessionId, film: chosen, agent, country, viewer, parts: partsOf(watch(chosen, random)) };
}

/** Many leave at once, some stay. */
function drawLength(random: () => number): number {
  const kind = random();
  if (kind < 0.15) {
    return 1;
  }
  return 1 + Math.floor(random() * (kind < 0.4 ? 4 : MAX_FETCHES));
}

function watch({ measure, tracks, main }: Film, random: () => number): Fetch[] {
  const fetches: Fetch[] = [];
  const anywhere = () => 1 + Math.floor(random() * measure.segments);
  let number = random() < 0.8 ? 1 : anywhere();
  let track = pick(tracks, random);
  for (let left = drawLength(random); left > 0; left -= 1) {
    const event = random();
    if (event < 0.04) {
      number = anywhere();
    } else if (event < 0.08) {
      number = Math.max(1, number - Math.floor(random() * 6));
    } else if (event < 0.14) {
      track = pick(tracks, random);
    } else if (event < 0.18) {
      // A better rendition: what is buffered of the worse one is fetched again.
      track = pick(tracks, random);
      number = Math.max(1, number - 2);
    } else if (event < 0.22) {
      fetches.push({ number, track, kind: random() < 0.5 ? 'head' : 'part' });
    } else if (event < 0.26 && main === 'video') {
      fetches.push({ number, track: 'a128', kind: 'beside' });
    }
    fetches.push({ number, track, kind: 'whole' });
    if (random() < 0.04) {
      fetches.push({ number, track, kind: 'whole' });
    }
    number += 1;
    if (number > measure.segments) {
      if (random() < 0.5) {
        break;
      }
      number = 1; // Once more from the beginning.
    }
  }
  return fetches;
}

/**
 * A segment that came in two renditions counts for the one that arrived first. So that this is known, a part has each
 * segment in one rendition alone.
 */
function partsOf(fetches: Fetch[]): Fetch[][] {
  return Array.from({ length: PARTS }, (_, part) => {
    const tracks = new Map<number, string>();
    const [from, to] = [part, part + 1].map((each) => Math.ceil((each * fetches.length) / PARTS));
    return fetches.slice(from, to).map((fetched) => {
      if (fetched.kind !== 'whole') {
        return fetched;
      }
      const track = tracks.get(fetched.number) ?? fetched.track;
      tracks.set(fetched.number, track);
      return { ...fetched, track };
    });
  });
}
