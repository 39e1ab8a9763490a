/** What watching costs: every request that it makes, counted and priced. Pure. */
import { CLOUDFLARE } from './prices.ts';

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
  /** Likewise: not read from R2. */
  hitRatio: number;
  /** Of a request that has a segment or anything else to answer, whichever tier has it. */
  requestCpuMs: number;
  /** `workers`: a call of the media origin for each memory miss, billed as a request, run where its cache misses. */
  edgeCache: 'workers' | 'on';
  /** Of an isolate, in which it reports its counters once; few requests share a report where isolates are idle. */
  requestsPerReport: number;
};

export type CostLine = { name: string; count: number; usd: number };

/** The Metrics object at each report: the call and its alarm; and at most two rows and the alarm's own. */
const REPORT_CALLS = 2;
const REPORT_ROWS = 3;
/** Generous: a report takes a millisecond or two; 128 MB is what an object is billed for. */
const REPORT_GB_SECONDS = 0.128 * 0.01;

export const gigabytes = ({ minutes, bitsPerSecond }: Watching): number => (minutes * 60 * bitsPerSecond) / 8 / 1e9;

export function costLines(watching: Watching): CostLine[] {
  const { audioTracks, edgeCache, hitRatio, memoryShare, minutes, minutesPerSession, requestsPerReport } = watching;
  const segments = ((minutes * 60) / watching.segmentSeconds) * (1 + audioTracks);
  const sessions = minutes / minutesPerSession;
  const tracks = sessions * (watching.renditionsPerSession + audioTracks);
  const objects = segments + tracks;
  // A session's multivariant playlist, and the playlist of each track.
  const texts = sessions + tracks;
  const requests = objects + texts;
  const reads = objects * (1 - hitRatio);
  const innerCalls = edgeCache === 'workers' ? objects * (1 - memoryShare) : 0;
  const innerRuns = edgeCache === 'workers' ? reads : 0;
  const reports = (requests + innerRuns) / requestsPerReport;
  const cpuMs = (requests + innerRuns) * watching.requestCpuMs;
  const line = (name: string, count: number, price: number): CostLine => ({ name, count, usd: count * price });
  return [
    line('requests: segments', segments, CLOUDFLARE.workerRequest),
    line('requests: playlists and init segments', texts + tracks, CLOUDFLARE.workerRequest),
    line("calls of the media origin, through the platform's cache", innerCalls, CLOUDFLARE.workerRequest),
    line('CPU, ms', cpuMs, CLOUDFLARE.cpuMs),
    line('reads of R2', reads, CLOUDFLARE.r2Read),
    line('GB out of R2', gigabytes(watching) * (1 - hitRatio), CLOUDFLARE.r2EgressGb),
    {
      name: 'reports of counters',
      count: reports,
      usd:
        reports *
        (REPORT_CALLS * CLOUDFLARE.objectRequest +
          REPORT_ROWS * CLOUDFLARE.rowWritten +
          REPORT_GB_SECONDS * CLOUDFLARE.objectGbSecond),
    },
  ];
}

export const totalUsd = (lines: readonly CostLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);
