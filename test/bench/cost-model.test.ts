import { describe, expect, it } from 'vitest';
import { costLines, gigabytes, totalUsd, type Watching } from '../../bench/cost-model.ts';

/** Small enough to be worked out by hand. */
const WATCHING: Watching = {
  minutes: 100,
  bitsPerSecond: 4e6,
  segmentSeconds: 4,
  audioTracks: 1,
  minutesPerSession: 10,
  renditionsPerSession: 2,
  memoryShare: 0.1,
  hitRatio: 0.9,
  requestCpuMs: 0.5,
  edgeCache: 'workers',
  requestsPerReport: 100,
};

const countsOf = (watching: Watching): Record<string, number> =>
  Object.fromEntries(costLines(watching).map(({ name, count }) => [name, count]));

describe('costLines', () => {
  it('counts what a hundred minutes ask for', () => {
    const counts = countsOf(WATCHING);
    // 6,000 s: 1,500 segments of picture and as many of sound.
    expect(counts['requests: segments']).toBe(3000);
    // 10 sessions: a multivariant playlist each; three tracks, each a playlist and an init segment.
    expect(counts['requests: playlists and init segments']).toBe(10 + 30 + 30);
    // Segments and init segments, without the tenth that memory has.
    expect(counts["calls of the media origin, through the platform's cache"]).toBeCloseTo(3030 * 0.9);
    expect(counts['reads of R2']).toBeCloseTo(303);
    expect(counts['CPU, ms']).toBeCloseTo((3070 + 303) * 0.5);
    expect(counts['reports of counters']).toBeCloseTo((3070 + 303) / 100);
  });

  it('prices them', () => {
    // $0.30/M for 3,070 requests and 2,727 calls; $0.02/M for 1,686.5 ms; $0.36/M for 303 reads.
    const requests = 0.000921 + 0.0008181;
    const rest = 0.00003373 + 0.00010908;
    // 33.73 reports: two calls, $0.15/M; three rows, $1/M; 1.28 MB-s, $12.50/M GB-s.
    const reports = 33.73 * (0.3e-6 + 3e-6 + 0.016e-6);
    expect(totalUsd(costLines(WATCHING))).toBeCloseTo(requests + rest + reports, 9);
  });

  it('calls no media origin where the cache is the Cache API', () => {
    const counts = countsOf({ ...WATCHING, edgeCache: 'on' });
    expect(counts["calls of the media origin, through the platform's cache"]).toBe(0);
    expect(counts['CPU, ms']).toBeCloseTo(3070 * 0.5);
  });
});

describe('gigabytes', () => {
  it('is 3 of 100 minutes at 4 Mb/s', () => {
    expect(gigabytes(WATCHING)).toBe(3);
  });
});
