/**
 * What an audience asks for: sessions on assets of Zipf popularity, each watching from the beginning until it leaves,
 * interleaved in the order of a virtual clock. Pure: the same seed gives the same replay.
 */

export type ReplayTrack = {
  id: string;
  /** Of the picture's short side. */
  height: number;
  /** Bytes of one segment. */
  segmentBytes: number;
};

export type ReplayOptions = {
  assets: number;
  sessions: number;
  /** Of Zipf's law: the k-th asset is asked for in proportion to k to the power of minus this. */
  exponent: number;
  /** Of each asset. */
  segments: number;
  segmentSeconds: number;
  /** Over which the sessions begin, evenly. */
  hours: number;
  /** From the smallest picture to the largest. */
  tracks: readonly ReplayTrack[];
  seed: number;
};

/** A session asks for the segments of its asset in this order, one at a time. */
export type ReplayRequest = {
  atMs: number;
  session: number;
  /** 0 is the most popular one. */
  asset: number;
  track: ReplayTrack;
  /** The first is number 1. */
  number: number;
};

/**
 * How much of a film a session has seen when it leaves: shares of sessions, and of the film. Of sessions on films of a
 * large service about 37 % had left after 5 minutes, 53 % after 10, 75 % after 25 (Yu et al., Understanding user
 * behavior in large-scale video-on-demand systems, EuroSys 2006); a film is taken for 100 minutes.
 */
const LEFT_BY: readonly (readonly [sessions: number, film: number])[] = [
  [0, 0],
  [0.37, 0.05],
  [0.53, 0.1],
  [0.75, 0.25],
  [1, 1],
];

/** Screens and connections: how many sessions end up on the largest rendition, on the one below, and so on. Assumed. */
const BEST_TRACK_SHARES = [0.7, 0.2, 0.1] as const;
/** A segment at which the network falls behind: the session goes down by one rendition for a few segments. Assumed. */
const SWITCH_PROBABILITY = 0.02;
const SWITCH_SEGMENTS = 3;

/** Uniform in [0, 1): mulberry32, which is small and good enough for choosing films. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws 0 to count − 1. */
export function zipf(count: number, exponent: number, random: () => number): () => number {
  const sums: number[] = [];
  for (let rank = 1, sum = 0; rank <= count; rank += 1) {
    sum += rank ** -exponent;
    sums.push(sum);
  }
  const total = sums.at(-1) ?? 0;
  return () => {
    const wanted = random() * total;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      [low, high] = (sums[middle] ?? 0) > wanted ? [low, middle] : [middle + 1, high];
    }
    return low;
  };
}

/** The share of its film that a session watches. */
export function watchedShare(uniform: number): number {
  const above = LEFT_BY.findIndex(([sessions]) => sessions >= uniform);
  const [sessions, film] = LEFT_BY[above] ?? [1, 1];
  const [sessionsBelow, filmBelow] = LEFT_BY[above - 1] ?? [0, 0];
  return sessions === sessionsBelow
    ? film
    : filmBelow + ((film - filmBelow) * (uniform - sessionsBelow)) / (sessions - sessionsBelow);
}

/** Indices of tracks, one for each segment: the lower ones first where `best` is higher, since a player has to find out. */
function trackIndices(best: number, segments: number, random: () => number): number[] {
  const indices: number[] = [];
  for (let segment = 0, loweredUntil = 1; segment < segments; segment += 1) {
    loweredUntil = random() < SWITCH_PROBABILITY ? segment + SWITCH_SEGMENTS : loweredUntil;
    indices.push(segment < loweredUntil ? Math.max(0, best - 1) : best);
  }
  return indices;
}

function bestTrack(tracks: number, random: () => number): number {
  let left = random();
  for (const [below, share] of BEST_TRACK_SHARES.entries()) {
    left -= share;
    if (left < 0) {
      return Math.max(0, tracks - 1 - below);
    }
  }
  return 0;
}

/** In the order of the clock. */
export function makeReplay(options: ReplayOptions): ReplayRequest[] {
  const { assets, exponent, hours, segments, segmentSeconds, sessions, tracks } = options;
  const random = seededRandom(options.seed);
  const nextAsset = zipf(assets, exponent, random);
  const requests: ReplayRequest[] = [];
  for (let session = 0; session < sessions; session += 1) {
    const asset = nextAsset();
    const beginsMs = random() * hours * 3_600_000;
    const watched = Math.max(1, Math.ceil(watchedShare(random()) * segments));
    for (const [index, chosen] of trackIndices(bestTrack(tracks.length, random), watched, random).entries()) {
      const track = tracks[chosen];
      if (track !== undefined) {
        requests.push({ atMs: beginsMs + index * segmentSeconds * 1000, session, asset, track, number: index + 1 });
      }
    }
  }
  return requests.sort((a, b) => a.atMs - b.atMs);
}
