/** What counting costs at list prices: prices times what a replay has measured per view (ladders.ts). Pure. */
import { sum } from '../numbers.ts';
import { CLOUDFLARE } from '../prices.ts';
import { NO_USE, type Use } from './replay-order.ts';

export type Shape = {
  viewsPerMonth: number;
  minutesPerView: number;
  segmentSeconds: number;
  /** The popularity of the k-th asset is proportional to k to the power of minus `exponent` (Zipf's law). */
  assets: number;
  exponent: number;
};

/** What a view takes of an asset with this many views per second. */
export type Rung = { viewsPerSecond: number; perView: Use };

export type BillLine = { name: string; count: number; usd: number };

/** CPU per fact in the collector where it is not measured. More than with 128 simulated isolates on 2026-11-29: 4.9 µs. */
export const COLLECTOR_MICROSECONDS = 6;

const MONTH_SECONDS = 30 * 86_400;
const NAIVE_REQUEST_SECONDS = 0.05;
/** An object is billed 128 MB for as long as it is in use. */
const OBJECT_GB = 0.128;
/** The most data points that the mirror (analytics-mirror.ts) writes for a batch. */
const BATCH_POINTS = 250;

/** Of each asset, from the most watched to the least. */
export function viewsPerSecondOf({ assets, exponent, viewsPerMonth }: Shape): number[] {
  const weights = Array.from({ length: assets }, (_, index) => (index + 1) ** -exponent);
  const perWeight = viewsPerMonth / MONTH_SECONDS / sum(weights);
  return weights.map((weight) => weight * perWeight);
}

const USES = Object.keys(NO_USE) as (keyof Use)[];
const mapUse = (of: (name: keyof Use) => number): Use =>
  Object.fromEntries(USES.map((name) => [name, of(name)])) as Use;

/** On a straight line between the two nearest rungs, on logarithmic scales where that is possible. */
function between(share: number, below: number, above: number): number {
  return below > 0 && above > 0 ? below ** (1 - share) * above ** share : below * (1 - share) + above * share;
}

/** Below the lowest rung and above the highest one, what a view takes stays the same. */
export function usePerView(rungs: readonly Rung[], viewsPerSecond: number): Use {
  const next = rungs.findIndex((rung) => rung.viewsPerSecond >= viewsPerSecond);
  const above = rungs.at(next);
  const below = next <= 0 ? above : rungs[next - 1];
  if (above === undefined || below === undefined) {
    throw new RangeError('nothing was measured');
  }
  const width = Math.log(above.viewsPerSecond / below.viewsPerSecond);
  const share = width === 0 ? 0 : Math.log(viewsPerSecond / below.viewsPerSecond) / width;
  return mapUse((name) => between(share, below.perView[name], above.perView[name]));
}

export const scaleUse = (use: Use, by: number): Use => mapUse((name) => use[name] * by);

/** Of all assets. */
export function monthlyUse(shape: Shape, rungs: readonly Rung[]): Use {
  const ofAssets = viewsPerSecondOf(shape).map((rate) => scaleUse(usePerView(rungs, rate), rate * MONTH_SECONDS));
  return mapUse((name) => sum(ofAssets.map((use) => use[name])));
}

const line = (name: string, count: number, price: number): BillLine => ({ name, count, usd: count * price });

export const factsOf = ({
  minutesPerView,
  segmentSeconds,
  viewsPerMonth,
}: Pick<Shape, 'minutesPerView' | 'segmentSeconds' | 'viewsPerMonth'>): number =>
  (viewsPerMonth * minutesPerView * 60) / segmentSeconds;

/** `collectorMicroseconds`: CPU per fact in the collector, including its share of the batch. */
export function linesOf(use: Use, facts: number, collectorMicroseconds: number): BillLine[] {
  return [
    line('calls of counters: batches', use.batches, CLOUDFLARE.objectRequest),
    line('calls of counters: reports and alarms', use.reports + use.alarms, CLOUDFLARE.objectRequest),
    line('rows written by counters', use.rowsWritten, CLOUDFLARE.rowWritten),
    line('rows read by counters', use.rowsRead, CLOUDFLARE.rowRead),
    line('GB-s of counters', use.objectSeconds * OBJECT_GB, CLOUDFLARE.objectGbSecond),
    line('rows written to D1', use.d1RowsWritten, CLOUDFLARE.d1RowWritten),
    line('rows read from D1', use.d1RowsRead, CLOUDFLARE.d1RowRead),
    line('CPU of collectors, ms', (facts * collectorMicroseconds) / 1000, CLOUDFLARE.cpuMs),
  ];
}

/** What is added if each write takes CONFIRM_MS until it is confirmed. */
export const confirmLine = ({ confirmSeconds }: Use): BillLine =>
  line('GB-s of counters that wait for writes', confirmSeconds * OBJECT_GB, CLOUDFLARE.objectGbSecond);

/** The most that ANALYTICS=on adds: no two facts of a batch share country, device and rendition. */
export const mirrorLine = ({ batches }: Use, facts: number): BillLine =>
  line('points of Analytics Engine', Math.min(batches * BATCH_POINTS, facts), CLOUDFLARE.analyticsPoint);

/** The cost of a call and a row per event, without batches, series and a copy in D1. */
export function naiveLines(events: number, assets: number): BillLine[] {
  const objectSeconds = Math.min(events * NAIVE_REQUEST_SECONDS, assets * MONTH_SECONDS);
  return [
    line('calls of counters', events, CLOUDFLARE.objectRequest),
    line('rows written by counters', events, CLOUDFLARE.rowWritten),
    line('GB-s of counters', objectSeconds * OBJECT_GB, CLOUDFLARE.objectGbSecond),
  ];
}

export const billUsd = (lines: readonly BillLine[]): number => sum(lines.map(({ usd }) => usd));
