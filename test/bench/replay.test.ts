import { describe, expect, it } from 'vitest';
import { seededRandom, zipf } from '../../bench/random.ts';
import { makeReplay, type ReplayOptions, watchedShare } from '../../bench/replay.ts';

const TRACKS = [
  { id: 'v480', height: 480, segmentBytes: 25 },
  { id: 'v720', height: 720, segmentBytes: 50 },
  { id: 'v1080', height: 1080, segmentBytes: 100 },
];
const OPTIONS: ReplayOptions = {
  assets: 50,
  sessions: 500,
  exponent: 1,
  segments: 20,
  segmentSeconds: 4,
  hours: 1,
  tracks: TRACKS,
  seed: 7,
};

describe('zipf', () => {
  it('draws the k-th in proportion to its rank', () => {
    const draws = 40_000;
    const next = zipf(3, 1, seededRandom(1));
    const counts = [0, 0, 0];
    for (let draw = 0; draw < draws; draw += 1) {
      const rank = next();
      counts[rank] = (counts[rank] ?? 0) + 1;
    }
    // 1 : 1/2 : 1/3 of 11/6.
    for (const [rank, share] of [6 / 11, 3 / 11, 2 / 11].entries()) {
      expect((counts[rank] ?? 0) / draws).toBeCloseTo(share, 1.5);
    }
  });
});

describe('watchedShare', () => {
  it('is that of the measured sessions: half have left after a tenth, few stay to the end', () => {
    expect(watchedShare(0)).toBe(0);
    expect(watchedShare(0.53)).toBeCloseTo(0.1);
    expect(watchedShare(0.64)).toBeCloseTo(0.175);
    expect(watchedShare(1)).toBe(1);
  });
});

describe('makeReplay', () => {
  const replay = makeReplay(OPTIONS);

  it('gives the same for the same seed, and something else for another', () => {
    expect(makeReplay(OPTIONS)).toEqual(replay);
    expect(makeReplay({ ...OPTIONS, seed: 8 })).not.toEqual(replay);
  });

  it('is in the order of the clock, with sessions interleaved', () => {
    expect(replay.every(({ atMs }, index) => index === 0 || atMs >= (replay[index - 1]?.atMs ?? 0))).toBe(true);
    const changes = replay.filter(({ session }, index) => session !== replay[index - 1]?.session).length;
    expect(changes).toBeGreaterThan(OPTIONS.sessions);
  });

  it('lets each session ask for one asset, from its first segment on, without a gap', () => {
    for (let session = 0; session < OPTIONS.sessions; session += 1) {
      const own = replay.filter((request) => request.session === session);
      expect(new Set(own.map(({ asset }) => asset)).size).toBe(1);
      expect(own.map(({ number }) => number)).toEqual(own.map((_, index) => index + 1));
      expect(own.length).toBeLessThanOrEqual(OPTIONS.segments);
    }
  });

  it('uses every track, the largest one most', () => {
    const share = (id: string) => replay.filter(({ track }) => track.id === id).length / replay.length;
    expect(share('v480')).toBeGreaterThan(0);
    expect(share('v1080')).toBeGreaterThan(share('v720'));
  });
});
