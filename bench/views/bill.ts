/** Calculates what counting costs at list prices, for a month or for one asset. Pure. */
import { BUSY_REQUESTS, WINDOWS } from '../../src/analytics/count/shard-window.ts';
import { sum as sumOf } from '../numbers.ts';
import { CLOUDFLARE } from '../prices.ts';

export type Shape = {
  viewsPerMonth: number;
  minutesPerView: number;
  segmentSeconds: number;
  /** The popularity of the k-th asset is proportional to k to the power of minus `exponent` (Zipf's law). */
  assets: number;
  exponent: number;
  /** The audience of every asset is spread evenly over these. A session stays with its isolate. */
  isolates: number;
  flushSeconds: number;
  /** CPU per fact in the collector, including its share of the batch. */
  collectorMicroseconds: number;
};

export type BillLine = { name: string; count: number; usd: number };

const MONTH_SECONDS = 30 * 86_400;
/** URGENT_MS and MAX_BATCH_EVENTS of the collector. */
const URGENT_SECONDS = 0.5;
const BATCH_EVENTS = 4_096;
/** The most rows per second of a shard, which stores batches together (PAUSE_MS). */
const ROWS_PER_SECOND = 4;
/** Per minute with a viewer, besides batches: the alarm, the rows of the minute, and rows in D1. */
const MINUTE_ALARMS = 1;
const MINUTE_ROWS = 4;
const MINUTE_D1_ROWS = 5;
/** Each 128 rows cause a snapshot of two rows. */
const SNAPSHOT_SHARE = 2 / 128;
const MOST_SHARDS = Math.max(...WINDOWS.map(({ count }) => count));
/** The reports of a shard that is not the root. */
const REPORTS_PER_SECOND = 2;
/** An object is billed 128 MB for the duration of a request, which waits at most 0.25 s for the rows of others. */
const REQUEST_SECONDS = 0.125;
const NAIVE_REQUEST_SECONDS = 0.05;
const OBJECT_GB = 0.128;
/** The most data points that the mirror (analytics-mirror.ts) writes for a batch. */
const BATCH_POINTS = 250;

type AssetRates = { batches: number; rows: number; reports: number; activeShare: number; objectSeconds: number };

/** The rates per second of an asset with this many views per second. */
export function ratesOf(viewsPerSecond: number, shape: Shape): AssetRates {
  const { flushSeconds, isolates, minutesPerView, segmentSeconds } = shape;
  const sessionSeconds = minutesPerView * 60;
  const perIsolate = viewsPerSecond / isolates;
  // In one isolate, for this asset: how likely it has viewers, how many if so, and when the next fact comes.
  const active = 1 - Math.exp(-perIsolate * sessionSeconds);
  const watching = active === 0 ? 1 : (perIsolate * sessionSeconds) / active;
  const nextFact = segmentSeconds / watching;
  // A batch is sent when it is old enough, or soon after a session has started.
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

/** The totals of one asset with this many views per second, over some seconds. */
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

/** The totals of all assets in a month. */
function monthOf(shape: Shape): Totals {
  const { assets, exponent, viewsPerMonth } = shape;
  const weights = Array.from({ length: assets }, (_, index) => (index + 1) ** -exponent);
  const total = sumOf(weights);
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

/** The most that ANALYTICS=on adds: no two facts of a batch share country, device and rendition. */
export const mirrorLine = (shape: Shape): BillLine =>
  line('points of Analytics Engine', monthOf(shape).points, CLOUDFLARE.analyticsPoint);

/** The cost of a call and a row per event, without batches, series and a copy in D1. */
export const naiveLines = (shape: Shape): BillLine[] => {
  const events = eventsOf(shape);
  const objectSeconds = Math.min(events * NAIVE_REQUEST_SECONDS, shape.assets * MONTH_SECONDS);
  return [
    line('calls of counters', events, CLOUDFLARE.objectRequest),
    line('rows written by counters', events, CLOUDFLARE.rowWritten),
    line('GB-s of counters', objectSeconds * OBJECT_GB, CLOUDFLARE.objectGbSecond),
  ];
};

export const billUsd = (lines: readonly BillLine[]): number => sumOf(lines.map(({ usd }) => usd));
