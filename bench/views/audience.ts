/**
 * Makes an audience from a seed: who plays what, in which order, and with which problems. Pure. The Worker plays it
 * (truth-isolate.ts), and Node computes the expected result (naive-model.ts).
 */
import type { Measure } from '../../src/media/measure.ts';
import { Random } from '../random.ts';

export type Film = {
  assetId: string;
  version: string;
  main: 'video' | 'audio';
  measure: Measure;
  /** The tracks of the kind that counts as views. */
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

/** From the most watched to the least. Their lengths are those at which a rule changes. */
export const FILMS: readonly Film[] = [
  film('hot', [2_000, 150, 1_500]), // one segment is not yet a view
  film('republished', [4_000, 40, 4_000]),
  film('republished', [4_000, 41, 200], { version: 'v2' }),
  film('long', [2_000, 3_600, 40]),
  film('short', [4_000, 2, 1_000]), // half of it is shorter than VIEW_SECONDS and longer than its last segment
  film('blink', [1_200, 1, 1_200]),
  film('podcast', [6_000, 80, 2_345], { main: 'audio' }),
  film('fine', [1_000, 90, 999]), // three segments make a view
];

/** Of 20 sessions, how many play each film. */
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

/** Only `whole` counts, not a HEAD, a part of a segment, or sound beside video. */
type FetchKind = 'whole' | 'head' | 'part' | 'beside';
export type Fetch = { number: number; track: string; kind: FetchKind };

export type Plan = {
  index: number;
  sessionId: string;
  film: Film;
  agent: Agent;
  country: (typeof COUNTRIES)[number];
  viewer: string | null;
  /** A part starts when the one before has been acknowledged. Its fetches may happen in any order. */
  parts: Fetch[][];
};

export const PARTS = 3;
/** The approximate maximum of fetches in a session. */
const MAX_FETCHES = 36;
/** Every fifth session is a reload of the one before: a new session of the same viewer on the same film. */
const RELOAD_EVERY = 5;

const filmDeck = FILM_SHARES.flatMap((share, index) => Array.from({ length: share }, () => index));

/** `sessions` is the size of the whole audience, which has half as many viewers. */
export function planOf(seed: number, index: number, sessions: number): Plan {
  const isReload = index % RELOAD_EVERY === RELOAD_EVERY - 1;
  const who = new Random(Math.imul(seed, 0x9e3779b1) + (isReload ? index - 1 : index));
  const chosen = FILMS[who.pick(filmDeck)];
  if (chosen === undefined) {
    throw new RangeError('FILM_SHARES has more entries than FILMS');
  }
  const agent: Agent = who.chance(0.03) ? 'bot' : who.pick(['other', 'mobile', 'desktop']);
  const country = who.pick(COUNTRIES);
  const viewer = who.chance(0.7) ? `viewer-${Math.floor(who.between(0, sessions * 0.5))}` : null;
  const random = new Random(Math.imul(seed, 0x85ebca6b) + index);
  const sessionId = `s${index.toString(36).padStart(15, '0')}`;
  return { index, sessionId, film: chosen, agent, country, viewer, parts: partsOf(watch(chosen, random)) };
}

/** Many viewers leave at once, some stay. */
function drawLength(random: Random): number {
  const kind = random.between(0, 1);
  if (kind < 0.15) {
    return 1;
  }
  return random.whole(1, kind < 0.4 ? 4 : MAX_FETCHES);
}

function watch({ measure, tracks, main }: Film, random: Random): Fetch[] {
  const fetches: Fetch[] = [];
  const anywhere = () => random.whole(1, measure.segments);
  let number = random.chance(0.8) ? 1 : anywhere();
  let track = random.pick(tracks);
  for (let left = drawLength(random); left > 0; left -= 1) {
    const event = random.between(0, 1);
    if (event < 0.04) {
      number = anywhere();
    } else if (event < 0.08) {
      number = Math.max(1, number - random.whole(0, 5));
    } else if (event < 0.14) {
      track = random.pick(tracks);
    } else if (event < 0.18) {
      // After a switch, buffered segments are fetched again in the new rendition.
      track = random.pick(tracks);
      number = Math.max(1, number - 2);
    } else if (event < 0.22) {
      fetches.push({ number, track, kind: random.chance(0.5) ? 'head' : 'part' });
    } else if (event < 0.26 && main === 'video') {
      fetches.push({ number, track: 'a128', kind: 'beside' });
    }
    fetches.push({ number, track, kind: 'whole' });
    if (random.chance(0.04)) {
      fetches.push({ number, track, kind: 'whole' });
    }
    number += 1;
    if (number > measure.segments) {
      if (random.chance(0.5)) {
        break;
      }
      number = 1; // The viewer watches it again.
    }
  }
  return fetches;
}

/**
 * A segment that was fetched in two renditions counts for the one that arrived first. To know which, each segment is in
 * only one rendition within a part.
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
