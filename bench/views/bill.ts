/** What counting costs at list prices, in a month or of one asset, worked out from what each part does. Pure. */
import { BUSY_REQUESTS, WINDOWS } from '../../src/analytics/count/shard-window.ts';
import { CLOUDFLARE } from '../prices.ts';

export type Shape = {
  viewsPerMonth: number;
  minutesPerView: number;
  segmentSeconds: number;
  /** Of Zipf's law: the k-th asset is watched in proportion to k to the power of minus this. */
  assets: number;
  exponent: number;
  /** Over which every asset's audience is spread evenly; a session stays with its isolate. */
  isolates: number;
  flushSeconds: number;
  /** CPU of a fact in the collector, its share of the batch included. */
  collectorMicroseconds: number;
};

export type BillLine = { name: string; count: number; usd: number };

const MONTH_SECONDS = 30 * 86_400;
/** Of the collector: URGENT_MS, MAX_BATCH_EVENTS. */
const URGENT_SECONDS = 0.5;
const BATCH_EVENTS = 4_096;
/** Of a shard: rows a second where batches are stored together (PAUSE_MS). */
const ROWS_PER_SECOND = 4;
/** Besides its batches, in each minute in which somebody watches: the alarm, and the rows of the minute and of the catalog. */
const MINUTE_ALARMS = 1;
const MINUTE_ROWS = 4;
const MINUTE_D1_ROWS = 5;
/** A snapshot of two rows for each 128. */
const SNAPSHOT_SHARE = 2 / 128;
const MOST_SHARDS = Math.max(...WINDOWS.map(({ count }) => count));
/** Reports of a shard that is not the root. */
const REPORTS_PER_SECOND = 2;
/** 128 MB for as long as a request is under way: it waits for its row, and at most 0.25 s for those of others. */
const REQUEST_SECONDS = 0.125;
const NAIVE_REQUEST_SECONDS = 0.05;
const OBJECT_GB = 0.128;
/** Of the mirror (analytics-mirror.ts): what it writes for a batch at most. */
const BATCH_POINTS = 250;

type AssetRates = { batches: number; rows: number; reports: number; activeShare: number; objectSeconds: number };

/** Per second, of an asset with so many views a second. */
export function ratesOf(viewsPerSecond: number, shape: Shape): AssetRates {
  const { flushSeconds, isolates, minutesPerView, segmentSeconds } = shape;
  const sessionSeconds = minutesPerView * 60;
  const perIsolate = viewsPerSecond / isolates;
  // Of one isolate and this asset: whether anybody watches, how many then, and when the next fact comes.
  const active = 1 - Math.exp(-perIsolate * sessionSeconds);
  const watching = active === 0 ? 1 : (perIsolate * sessionSeconds) / active;
  const nextFact = segmentSeconds / watching;
  // The batch goes when it is old enough, or soon after a session has begun.
  const spare = flushSeconds - URGENT_SECONDS;
  const untilNew = perIsolate === 0 ? spare : (1 - Math.exp(-perIsolate * spare)) / perIsolate;
  const byAge = active / (nextFact + URGENT_SECONDS + untilNew);
  const events = (perIsolate * sessionSeconds) / segmentSeconds;
  const batches = isolates * Math.max(byAge, events / BATCH_EVENTS);
  const shards = WINDOWS.map(({ count }) => count).find((count) => batches < count * BUSY_REQUESTS) ?? MOST_SHARDS;
  const watched = 1 - Math.exp(-viewsPerSecond * sessionSeconds);
  const rows = Math.min(batches, shards * ROWS_PER_SECOND) * (1 + SNAPSHOT_SHARE);
  const reports = shards === 1 ? 0 : shards * REPORTS_PER_SECOND;
  const objectSeconds = Math.min(shards, batches * REQUEST_SECONDS + reports);
  return { batches, rows, reports, activeShare: watched, objectSeconds };
}

const line = (name: string, count: number, price: number): BillLine => ({ name, count, usd: count * price });

export const eventsOf = ({ viewsPerMonth, minutesPerView, segmentSeconds }: Shape): number =>
  (viewsPerMonth * minutesPerView * 60) / segmentSeconds;

export type Totals = {
  events: number;
  batches: number;
  rows: number;
  reports: number;
  minutes: number;
  objectSeconds: number;
  points: number;
};

/** Of one asset with so many views a second, in so many seconds. */
export function totalsOf(viewsPerSecond: number, seconds: number, shape: Shape): Totals {
  const { minutesPerView, segmentSeconds } = shape;
  const rates = ratesOf(viewsPerSecond, shape);
  const events = (viewsPerSecond * minutesPerView * 60) / segmentSeconds;
  return {
    events: events * seconds,
    batches: rates.batches * seconds,
    rows: rates.rows * seconds,
    reports: rates.reports * seconds,
    minutes: (rates.activeShare * seconds) / 60,
    objectSeconds: rates.objectSeconds * seconds,
    points: Math.min(rates.batches * BATCH_POINTS, events) * seconds,
  };
}

/** Of all assets, in a month. */
function monthOf(shape: Shape): Totals {
  const { assets, exponent, viewsPerMonth } = shape;
  const weights = Array.from({ length: assets }, (_, index) => (index + 1) ** -exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sum: Totals = { events: 0, batches: 0, rows: 0, reports: 0, minutes: 0, objectSeconds: 0, points: 0 };
  for (const weight of weights) {
    const asset = totalsOf((viewsPerMonth * weight) / total / MONTH_SECONDS, MONTH_SECONDS, shape);
    for (const name of Object.keys(sum) as (keyof Totals)[]) {
      sum[name] += asset[name];
    }
  }
  return sum;
}

export function linesOf(sum: Totals, collectorMicroseconds: number): BillLine[] {
  const rows = sum.rows + sum.minutes * (MINUTE_ROWS + MINUTE_ALARMS);
  return [
    line('calls of counters: batches', sum.batches, CLOUDFLARE.objectRequest),
    line('calls of counters: reports and alarms', sum.reports + sum.minutes * MINUTE_ALARMS, CLOUDFLARE.objectRequest),
    line('rows written by counters', rows, CLOUDFLARE.rowWritten),
    line('GB-s of counters', sum.objectSeconds * OBJECT_GB, CLOUDFLARE.objectGbSecond),
    line('rows written to D1', sum.minutes * MINUTE_D1_ROWS, CLOUDFLARE.d1RowWritten),
    line('CPU of collectors, ms', (sum.events * collectorMicroseconds) / 1000, CLOUDFLARE.cpuMs),
  ];
}

export const billLines = (shape: Shape): BillLine[] => linesOf(monthOf(shape), shape.collectorMicroseconds);

/** What ANALYTICS=on adds at most: no two facts of a batch of one country, device and rendition. */
export const mirrorLine = (shape: Shape): BillLine =>
  line('points of Analytics Engine', monthOf(shape).points, CLOUDFLARE.analyticsPoint);

/** A call and a row for each event: no batches, no series, no copy. */
export const naiveLines = (shape: Shape): BillLine[] => {
  const events = eventsOf(shape);
  const objectSeconds = Math.min(events * NAIVE_REQUEST_SECONDS, shape.assets * MONTH_SECONDS);
  return [
    line('calls of counters', events, CLOUDFLARE.objectRequest),
    line('rows written by counters', events, CLOUDFLARE.rowWritten),
    line('GB-s of counters', objectSeconds * OBJECT_GB, CLOUDFLARE.objectGbSecond),
  ];
};

export const billUsd = (lines: readonly BillLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);
