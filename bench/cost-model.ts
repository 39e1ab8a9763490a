/** What watching costs: counts and prices every request. Pure. */
import { sum } from './numbers.ts';
import { CLOUDFLARE } from './prices.ts';
import { linesOf, type Rung, scaleUse, usePerView } from './views/bill.ts';

type EdgeCache = 'workers' | 'on' | 'both';

export type Watching = {
  minutes: number;
  bitsPerSecond: number;
  segmentSeconds: number;
  /** Audio tracks that play beside the video track. */
  audioTracks: number;
  minutesPerSession: number;
  /** How many renditions a session plays one after another. Each has a playlist and an init segment. */
  renditionsPerSession: number;
  /** The share of segments and init segments that the memory of an isolate answers. */
  memoryShare: number;
  /** The share that is not read from R2. In one data centre, it is also the hit ratio of the Cache API with `both`. */
  hitRatio: number;
  /** CPU per request, of any kind and tier. */
  requestCpuMs: number;
  /** Log lines per invocation in Workers Logs: 1 with `invocation_logs`, otherwise those of the Worker itself. */
  logLines: number;
  edgeCache: EdgeCache;
  /** How many viewers of one asset an isolate serves at a time. It serves no other asset. */
  viewersPerIsolate: number;
  /** How many isolates serve one asset at a time. */
  isolatesPerAsset: number;
  /** How many isolates are active at a time. One Metrics object writes for all of them. */
  isolates: number;
  /** Reads of mutable state per minute, by an isolate that serves one asset. */
  stateReadsPerMinute: number;
  /** What a view of `MEASURED_MINUTES` takes, as measured with `isolatesPerAsset` isolates, or with any if it is alone. */
  viewRungs: readonly Rung[];
  /** CPU per fact in the collector. */
  collectorMicroseconds: number;
};

export type CostLine = { name: string; count: number; usd: number };

/** REPORT_INTERVAL_MS of src/metrics: each active isolate reports once per interval. */
const REPORT_SECONDS = 15;
/** FLUSH_MS of src/metrics. A flush is an alarm and at most three rows: two of data and one of the alarm. */
const FLUSH_SECONDS = 5;
const FLUSH_ROWS = 3;
/** Generous: a report takes 1 or 2 ms. A Durable Object is billed for 128 MB. */
const REPORT_GB_SECONDS = 0.128 * 0.01;
/** The minutes of a view in the replays of `npm run bench -- views bill`. */
const MEASURED_MINUTES = 5;

export const gigabytes = ({ minutes, bitsPerSecond }: Watching): number => (minutes * 60 * bitsPerSecond) / 8 / 1e9;

type Requests = {
  segments: number;
  sessions: number;
  /** Tracks that sessions start to play. Each has a playlist and an init segment. */
  tracks: number;
  /** Requests for segments and init segments, and how many of them are read from R2. */
  objects: number;
  reads: number;
  /** Calls of the media origin, each of which is billed, and runs of it, which also use CPU. */
  calls: number;
  runs: number;
};

function requestsOf(watching: Watching): Requests {
  const { audioTracks, edgeCache, hitRatio, memoryShare, minutes, minutesPerSession } = watching;
  const segments = ((minutes * 60) / watching.segmentSeconds) * (1 + audioTracks);
  const sessions = minutes / minutesPerSession;
  const tracks = sessions * (watching.renditionsPerSession + audioTracks);
  const objects = segments + tracks;
  const reads = objects * (1 - hitRatio);
  // `both` calls the origin for what the Cache API lacks. An upper tier may have it, so this counts the most runs
  // possible.
  const calls = { workers: objects * (1 - memoryShare), on: 0, both: reads }[edgeCache];
  return { segments, sessions, tracks, objects, reads, calls, runs: edgeCache === 'on' ? 0 : reads };
}

const line = (name: string, count: number, price: number): CostLine => ({ name, count, usd: count * price });

/** Each report is one call. Reports of several isolates share what the object writes. */
function reportLine({ isolates, minutes, viewersPerIsolate }: Watching, served: number, runs: number): CostLine {
  const own = ((minutes / viewersPerIsolate) * 60) / REPORT_SECONDS;
  // The media origin may run in another isolate, which reports as well.
  const count = own * (1 + runs / served);
  const flushes = count * Math.min(1, REPORT_SECONDS / FLUSH_SECONDS / isolates);
  const usd =
    (count + flushes) * CLOUDFLARE.objectRequest +
    flushes * FLUSH_ROWS * CLOUDFLARE.rowWritten +
    count * REPORT_GB_SECONDS * CLOUDFLARE.objectGbSecond;
  return { name: 'metric reports', count, usd };
}

/** The cost of delivery alone. */
export function costLines(watching: Watching): CostLine[] {
  const { calls, reads, runs, segments, sessions, tracks } = requestsOf(watching);
  // The multivariant playlist of each session, and the playlist and the init segment of each track.
  const others = sessions + 2 * tracks;
  const requests = segments + others;
  const stateReads = (watching.minutes / watching.viewersPerIsolate) * watching.stateReadsPerMinute;
  return [
    line('requests: segments', segments, CLOUDFLARE.workerRequest),
    line('requests: playlists and init segments', others, CLOUDFLARE.workerRequest),
    line('calls of the media origin', calls, CLOUDFLARE.workerRequest),
    line('CPU, ms', (requests + runs) * watching.requestCpuMs, CLOUDFLARE.cpuMs),
    line('log lines', (requests + runs) * watching.logLines, CLOUDFLARE.logEvent),
    line('R2 reads: media', reads, CLOUDFLARE.r2Read),
    line('R2 reads: mutable state', stateReads, CLOUDFLARE.r2Read),
    line('R2 egress, GB', gigabytes(watching) * (1 - watching.hitRatio), CLOUDFLARE.r2EgressGb),
    reportLine(watching, requests, runs),
  ];
}

/**
 * The cost of counting the same minutes as views, as `npm run bench -- views bill` has measured it with as many
 * concurrent viewers. The sessions there are shorter, and the start of a session costs most: this is an upper bound.
 */
export function viewLines(watching: Watching): CostLine[] {
  const { collectorMicroseconds, isolatesPerAsset, minutes, segmentSeconds, viewersPerIsolate, viewRungs } = watching;
  const viewers = viewersPerIsolate * isolatesPerAsset;
  // A viewer who is alone on an asset costs as much as one of the coldest asset that was measured.
  const viewsPerSecond = viewers <= 1 ? 0 : viewers / (MEASURED_MINUTES * 60);
  const use = scaleUse(usePerView(viewRungs, viewsPerSecond), minutes / MEASURED_MINUTES);
  return linesOf(use, (minutes * 60) / segmentSeconds, collectorMicroseconds);
}

export const totalUsd = (lines: readonly CostLine[]): number => sum(lines.map(({ usd }) => usd));
