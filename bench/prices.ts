/** List prices in US dollars, from the sources at the given times. Allowances of plans are left out. Data only. */

const MILLION = 1e6;

/**
 * Cloudflare's usage prices in 2026-11. Pages of developers.cloudflare.com: workers/platform/pricing, workers/cache,
 * r2/pricing, durable-objects/platform/pricing.
 */
export const CLOUDFLARE = {
  workerRequest: 0.3 / MILLION,
  cpuMs: 0.02 / MILLION,
  /** Class B operations: get and head. */
  r2Read: 0.36 / MILLION,
  r2EgressGb: 0,
  objectRequest: 0.15 / MILLION,
  objectGbSecond: 12.5 / MILLION,
  rowWritten: 1 / MILLION,
  rowRead: 0.001 / MILLION,
  /** A line of Workers Logs: workers/observability/logs/workers-logs. */
  logEvent: 0.6 / MILLION,
  /** The same as rows of a Durable Object: d1/platform/pricing. */
  d1RowWritten: 1 / MILLION,
  d1RowRead: 0.001 / MILLION,
  /** A call of writeDataPoint: analytics/analytics-engine/pricing. */
  analyticsPoint: 0.25 / MILLION,
} as const;

export type HostedPrice = {
  name: string;
  /** The price is for this many minutes, or for this many GB. */
  minutes?: number;
  gb?: number;
  usd: number;
  source: string;
  /** When the source was read. */
  read: string;
};

/** The first tier of each price list: the price without a contract in Europe and North America. */
export const HOSTED: readonly HostedPrice[] = [
  {
    name: 'Amazon CloudFront, transfer only',
    gb: 1,
    usd: 0.085,
    source: 'aws.amazon.com/cloudfront/pricing',
    read: '2025',
  },
  {
    name: 'Cloudflare Stream',
    minutes: 1000,
    usd: 1,
    source: 'developers.cloudflare.com/stream/pricing',
    read: '2026-07',
  },
  { name: 'Mux Video, 1080p', minutes: 1000, usd: 1, source: 'mux.com/docs/pricing/video', read: '2026' },
  { name: 'Mux Video, 720p', minutes: 1000, usd: 0.8, source: 'mux.com/docs/pricing/video', read: '2026' },
  { name: 'bunny.net CDN, standard', gb: 1, usd: 0.01, source: 'docs.bunny.net/cdn/pricing', read: '2026' },
  { name: 'bunny.net CDN, volume', gb: 1, usd: 0.005, source: 'docs.bunny.net/cdn/pricing', read: '2026' },
];
