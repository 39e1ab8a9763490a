/** List prices in US dollars, each as its source had it when it was read. Allowances of plans are left out. Data only. */

const MILLION = 1e6;

/**
 * Cloudflare's usage prices: developers.cloudflare.com, workers/platform/pricing, workers/cache, r2/pricing,
 * durable-objects/platform/pricing; 2026-11.
 */
export const CLOUDFLARE = {
  workerRequest: 0.3 / MILLION,
  cpuMs: 0.02 / MILLION,
  /** Class B: get and head. */
  r2Read: 0.36 / MILLION,
  r2EgressGb: 0,
  objectRequest: 0.15 / MILLION,
  objectGbSecond: 12.5 / MILLION,
  rowWritten: 1 / MILLION,
  /** workers/observability/logs/workers-logs: a line that the Worker writes, and one for each invocation. */
  logEvent: 0.6 / MILLION,
  /** D1's rows cost what those of Durable Objects do: d1/platform/pricing. */
  d1RowWritten: 1 / MILLION,
  /** analytics/analytics-engine/pricing: each call of writeDataPoint. */
  analyticsPoint: 0.25 / MILLION,
} as const;

export type HostedPrice = {
  name: string;
  /** Of this many minutes, or of this many GB of them. */
  minutes?: number;
  gb?: number;
  usd: number;
  source: string;
  /** When the source was stored. */
  read: string;
};

/** The first step of each price list: what a customer without a contract pays in Europe and North America. */
export const HOSTED: readonly HostedPrice[] = [
  {
    name: 'Amazon CloudFront, transfer alone',
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
