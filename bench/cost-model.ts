/** What watching costs: every request that it makes, counted and priced. Pure. */
import { CLOUDFLARE } from './prices.ts';
import { linesOf, totalsOf } from './views/bill.ts';

type EdgeCache = 'workers' | 'on' | 'both';

export type Watching = {
  minutes: number;
  bitsPerSecond: number;
  segmentSeconds: number;
  /** One video track and this many audio tracks at a time. */
  audioTracks: number;
  minutesPerSession: number;
  /** Renditions that a session plays, one after another: each has a playlist and an init segment. */
  renditionsPerSession: number;
  /** Of segments and init segments: the share that an isolate's own memory answers. */
  memoryShare: number;
  /** Likewise: not read from R2. Of one data centre's cache, so it is also what the Cache API has of `both`. */
  hitRatio: number;
  /** Of a request that has a segment or anything else to answer, whichever tier has it. */
  requestCpuMs: number;
  /** Lines in Workers Logs for each invocation: 1 with `invocation_logs`, else what the Worker writes of itself. */
  logLines: number;
  edgeCache: EdgeCache;
  /** Of one asset in each isolate that serves it, at a time; the isolate serves nobody else. */
  viewersPerIsolate: number;
  /** Isolates that serve one asset at a time. */
  isolatesPerAsset: number;
  /** Isolates that serve anything at a time. One Metrics object writes for all of them. */
  isolates: number;
  /** Of what may change, by an isolate that serves one asset, in a minute. */
  stateReadsPerMinute: number;
  /** VIEW_FLUSH_SECONDS, and CPU of a fact in the collector. */
  flushSeconds: number;
  collectorMicroseconds: number;
};

export type CostLine = { name: string; count: number; usd: number };

/** REPORT_INTERVAL_MS of src/metrics: each isolate with requests reports once in it. */
const REPORT_SECONDS = 15;
/** FLUSH_MS of src/metrics: at most so often, an alarm and at most two rows and the alarm's own, whoever has reported. */
const FLUSH_SECONDS = 5;
const FLUSH_ROWS = 3;
/** Generous: a report takes a millisecond or two; 128 MB is what an object is billed for. */
const REPORT_GB_SECONDS = 0.128 * 0.01;
/**
 * Viewers at a time, on average, of an asset that has one at a time: hardly ever, so that two do not meet. The model of
 * views draws who is there at a time (Poisson), and with a mean of one a third of the time would be shared.
 */
const LONE_VIEWERS = 0.001;

export const gigabytes = ({ minutes, bitsPerSecond }: Watching): number => (minutes * 60 * bitsPerSecond) / 8 / 1e9;

type Requests = {
  segments: number;
  sessions: number;
  /** Tracks that are begun: each has a playlist and an init segment. */
  tracks: number;
  /** Segments and init segments, and those that come from R2. */
  objects: number;
  reads: number;
  /** Of the media origin: calls, each billed, and runs, which have CPU too. */
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
  // `both`: what the Cache API has not. The tier above the data centres may have it: each call a run is the most it can be.
  const calls = { workers: objects * (1 - memoryShare), on: 0, both: reads }[edgeCache];
  return { segments, sessions, tracks, objects, reads, calls, runs: edgeCache === 'on' ? 0 : reads };
}

const line = (name: string, count: number, price: number): CostLine => ({ name, count, usd: count * price });

/** One call each; what the object writes is shared by all that have reported meanwhile. */
function reportLine({ isolates, minutes, viewersPerIsolate }: Watching, served: number, runs: number): CostLine {
  const own = ((minutes / viewersPerIsolate) * 60) / REPORT_SECONDS;
  // The media origin may run elsewhere, and its isolate reports too: as often for what it runs.
  const count = own * (1 + runs / served);
  const flushes = count * Math.min(1, REPORT_SECONDS / FLUSH_SECONDS / isolates);
  const usd =
    (count + flushes) * CLOUDFLARE.objectRequest +
    flushes * FLUSH_ROWS * CLOUDFLARE.rowWritten +
    count * REPORT_GB_SECONDS * CLOUDFLARE.objectGbSecond;
  return { name: 'reports of counters', count, usd };
}

/** Delivery alone. */
export function costLines(watching: Watching): CostLine[] {
  const { calls, reads, runs, segments, sessions, tracks } = requestsOf(watching);
  // A session's multivariant playlist, the playlist of each track, and their init segments.
  const others = sessions + 2 * tracks;
  const requests = segments + others;
  const stateReads = (watching.minutes / watching.viewersPerIsolate) * watching.stateReadsPerMinute;
  return [
    line('requests: segments', segments, CLOUDFLARE.workerRequest),
    line('requests: playlists and init segments', others, CLOUDFLARE.workerRequest),
    line('calls of the media origin', calls, CLOUDFLARE.workerRequest),
    line('CPU, ms', (requests + runs) * watching.requestCpuMs, CLOUDFLARE.cpuMs),
    line('log lines', (requests + runs) * watching.logLines, CLOUDFLARE.logEvent),
    line('reads of R2: media', reads, CLOUDFLARE.r2Read),
    line('reads of R2: what may change', stateReads, CLOUDFLARE.r2Read),
    line('GB out of R2', gigabytes(watching) * (1 - watching.hitRatio), CLOUDFLARE.r2EgressGb),
    reportLine(watching, requests, runs),
  ];
}

/** Counting who watched what: the model of `npm run bench -- views`, for the same minutes. */
export function viewLines(watching: Watching): CostLine[] {
  const { collectorMicroseconds, flushSeconds, isolatesPerAsset, minutes, minutesPerSession } = watching;
  const viewers = watching.viewersPerIsolate * isolatesPerAsset;
  const atATime = viewers <= 1 ? LONE_VIEWERS : viewers;
  const totals = totalsOf(atATime / (minutesPerSession * 60), (minutes * 60) / atATime, {
    ...{ minutesPerView: minutesPerSession, segmentSeconds: watching.segmentSeconds, isolates: isolatesPerAsset },
    ...{ flushSeconds, collectorMicroseconds, viewsPerMonth: 0, assets: 1, exponent: 1 },
  });
  return linesOf(totals, collectorMicroseconds);
}

export const totalUsd = (lines: readonly CostLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);
