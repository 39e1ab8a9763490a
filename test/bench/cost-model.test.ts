/** The arithmetic of what watching costs, on figures small enough to be worked out by hand. */
import { describe, expect, it } from 'vitest';
import { costLines, gigabytes, totalUsd, viewLines, type Watching } from '../../bench/cost-model.ts';
import { NO_USE } from '../../bench/views/replay-order.ts';

const rung = (viewsPerSecond: number, batches: number) => ({
  viewsPerSecond,
  perView: { ...NO_USE, batches, d1RowsWritten: batches / 2 },
});

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
  logLines: 0,
  edgeCache: 'workers',
  viewersPerIsolate: 5,
  isolatesPerAsset: 4,
  isolates: 30,
  stateReadsPerMinute: 15,
  viewRungs: [rung(0.001, 20), rung(20 / 300, 4)],
  collectorMicroseconds: 5,
};
/** In an isolate and on an asset of his own. */
const ALONE = { viewersPerIsolate: 1, isolatesPerAsset: 1 };

const countsOf = (changed: Partial<Watching> = {}): Record<string, number> =>
  Object.fromEntries(costLines({ ...WATCHING, ...changed }).map(({ name, count }) => [name, count]));

const usdOf = (name: string, changed: Partial<Watching> = {}): number =>
  costLines({ ...WATCHING, ...changed }).find((line) => line.name === name)?.usd ?? Number.NaN;

describe('costLines', () => {
  it('counts what a hundred minutes ask for', () => {
    const counts = countsOf();
    // 6,000 s: 1,500 segments of picture and as many of sound.
    expect(counts['requests: segments']).toBe(3000);
    // 10 sessions: a multivariant playlist each; three tracks, each a playlist and an init segment.
    expect(counts['requests: playlists and init segments']).toBe(10 + 30 + 30);
    // Segments and init segments, without the tenth that memory has.
    expect(counts['calls of the media origin']).toBeCloseTo(3030 * 0.9);
    expect(counts['R2 reads: media']).toBeCloseTo(303);
    expect(counts['CPU, ms']).toBeCloseTo((3070 + 303) * 0.5);
    // 100 minutes of five viewers are 20 of their isolate: 15 reads a minute, four reports.
    expect(counts['R2 reads: mutable state']).toBe(300);
    expect(counts['metric reports']).toBeCloseTo(80 * (1 + 303 / 3070));
  });

  it('prices them', () => {
    // $0.30/M for 3,070 requests and 2,727 calls; $0.02/M for 1,686.5 ms; $0.36/M for 603 reads.
    const requests = 0.000921 + 0.0008181;
    const rest = 0.00003373 + 0.00021708;
    // 87.896 reports: a call each, $0.15/M, and 1.28 MB-s, $12.50/M GB-s. Thirty isolates report twice a second and share a
    // flush in five: a tenth of a call and of three rows, $1/M.
    const reports = 87.8958 * (1.1 * 0.15e-6 + 0.016e-6 + 0.1 * 3e-6);
    expect(totalUsd(costLines(WATCHING))).toBeCloseTo(requests + rest + reports, 9);
  });

  it('takes a line for each invocation where Workers Logs does', () => {
    expect(countsOf()['log lines']).toBe(0);
    // 3,070 requests and 303 runs of the media origin, $0.60/M.
    expect(countsOf({ logLines: 1 })['log lines']).toBeCloseTo(3373);
    expect(usdOf('log lines', { logLines: 1 })).toBeCloseTo(3373 * 0.6e-6, 9);
  });

  it('calls no media origin where the cache is the Cache API', () => {
    const counts = countsOf({ edgeCache: 'on' });
    expect(counts['calls of the media origin']).toBe(0);
    expect(counts['CPU, ms']).toBeCloseTo(3070 * 0.5);
  });

  it('calls it for what the Cache API has not, where there are both', () => {
    const counts = countsOf({ edgeCache: 'both' });
    expect(counts['calls of the media origin']).toBeCloseTo(303);
    expect(counts['R2 reads: media']).toBeCloseTo(303);
    expect(counts['CPU, ms']).toBeCloseTo((3070 + 303) * 0.5);
    // Nothing cached anywhere: as many calls as there are objects.
    expect(countsOf({ edgeCache: 'both', hitRatio: 0 })['calls of the media origin']).toBe(3030);
  });

  it('reads what may change, and reports, for each isolate: a viewer alone pays for all of it', () => {
    const [shared, alone] = [countsOf(), countsOf(ALONE)];
    expect(alone['R2 reads: mutable state']).toBe(1500);
    expect(alone['metric reports']).toBeCloseTo(5 * (shared['metric reports'] ?? 0));
    expect(alone['requests: segments']).toBe(shared['requests: segments']);
    expect(countsOf({ stateReadsPerMinute: 0 })['R2 reads: mutable state']).toBe(0);
  });

  it('writes three rows and an alarm for each report where nobody else reports', () => {
    const count = countsOf()['metric reports'] ?? 0;
    const each = 2 * 0.15e-6 + 3e-6 + 0.016e-6;
    for (const isolates of [1, 3]) {
      expect(usdOf('metric reports', { isolates })).toBeCloseTo(count * each, 9);
    }
    expect(usdOf('metric reports', { isolates: 6 })).toBeLessThan(count * each * 0.6);
  });
});

describe('viewLines', () => {
  const viewsOf = (changed: Partial<Watching> = {}): Record<string, number> =>
    Object.fromEntries(viewLines({ ...WATCHING, ...changed }).map(({ name, count }) => [name, count]));

  it('is what the coldest asset takes for each five minutes of a viewer alone', () => {
    const counts = viewsOf(ALONE);
    expect(counts['calls of counters: batches']).toBeCloseTo(20 * 20);
    expect(counts['rows written to D1']).toBeCloseTo(20 * 10);
    // 1,500 facts: the picture's segments.
    expect(counts['CPU of collectors, ms']).toBeCloseTo((1500 * 5) / 1000);
  });

  it('is shared by those who watch the same', () => {
    const counts = viewsOf();
    // Twenty viewers at a time: one comes each 15 s and stays for five minutes.
    expect(counts['calls of counters: batches']).toBeCloseTo(20 * 4);
    expect(counts['CPU of collectors, ms']).toBeCloseTo((1500 * 5) / 1000);
  });
});

describe('gigabytes', () => {
  it('is 3 of 100 minutes at 4 Mb/s', () => {
    expect(gigabytes(WATCHING)).toBe(3);
  });
});
