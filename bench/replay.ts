/**
 * The requests of an audience: sessions on assets of Zipf popularity, each watching from the start until it leaves,
 * interleaved in the order of a virtual clock. Pure: the same seed gives the same replay.
 */
import { seededRandom, zipf } from './random.ts';

export type ReplayTrack = {
  id: string;
  /** The short side of the picture. */
  height: number;
  /** Bytes of one segment. */
  segmentBytes: number;
};

export type ReplayOptions = {
  assets: number;
  sessions: number;
  /** The exponent of Zipf's law: the popularity of the k-th asset is proportional to k to the power of minus this. */
  exponent: number;
  /** Per asset. */
  segments: number;
  segmentSeconds: number;
  /** Sessions start evenly over this time. */
  hours: number;
  /** Ordered from the smallest picture to the largest. */
  tracks: readonly ReplayTrack[];
  seed: number;
};

/** A session requests its segments in this order, one at a time. */
export type ReplayRequest = {
  atMs: number;
  session: number;
  /** 0 is the most popular asset. */
  asset: number;
  track: ReplayTrack;
  /** The first segment is number 1. */
  number: number;
};

/**
 * Which share of sessions has left by which share of the film. On a large service, about 37 % of sessions had left
 * after 5 minutes, 53 % after 10 and 75 % after 25 (Yu et al., Understanding user behavior in large-scale
 * video-on-demand systems, EuroSys 2006). A film is assumed to have 100 minutes.
 */
const LEFT_BY: readonly (readonly [sessions: number, film: number])[] = [
  [0, 0],
  [0.37, 0.05],
  [0.53, 0.1],
  [0.75, 0.25],
  [1, 1],
];

/** The share of sessions that end up on the largest rendition, on the one below, and so on. Assumed. */
const BEST_TRACK_SHARES = [0.7, 0.2, 0.1] as const;
/** How likely the network falls behind at a segment. The session then plays a lower rendition. Assumed. */
const SWITCH_PROBABILITY = 0.02;
const SWITCH_SEGMENTS = 3;

/** The share of its film that a session watches. */
export function watchedShare(uniform: number): number {
  const above = LEFT_BY.findIndex(([sessions]) => sessions >= uniform);
  const [sessions, film] = LEFT_BY[above] ?? [1, 1];
  const [sessionsBelow, filmBelow] = LEFT_BY[above - 1] ?? [0, 0];
  return sessions === sessionsBelow
    ? film
    : filmBelow + ((film - filmBelow) * (uniform - sessionsBelow)) / (sessions - sessionsBelow);
}

/** The index of the track for each segment. A player starts below the best track, until it knows its bandwidth. */
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

/** Returns the requests in the order of the clock. */
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
