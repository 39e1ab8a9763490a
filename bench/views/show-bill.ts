/** The bill of a month, for audiences of three sizes: replays the ladders that they need, and prices them. */
import { holdBound } from '../bounds.ts';
import { sum } from '../numbers.ts';
import { printTable } from '../table.ts';
import {
  type BillLine,
  billUsd,
  confirmLine,
  factsOf,
  linesOf,
  mirrorLine,
  monthlyUse,
  naiveLines,
  type Shape,
  viewsPerSecondOf,
} from './bill.ts';
import { type LadderOptions, laddersOf, type MeasuredRung, measureRungs, ratesBetween } from './ladders.ts';
import { SEGMENT_MS } from './load-order.ts';
import { recordLadders } from './recorded-ladders.ts';
import { CONFIRM_MS, type Use } from './replay-order.ts';

const SHAPE: Omit<Shape, 'viewsPerMonth'> = {
  ...{ minutesPerView: 5, segmentSeconds: SEGMENT_MS / 1000, assets: 10_000, exponent: 0.9 },
};
const SIZES = [
  { viewsPerMonth: 1e6, usdMax: 10 },
  { viewsPerMonth: 1e8, usdMax: 600 },
  { viewsPerMonth: 1e10, usdMax: 40_000 },
] as const;
/** VIEW_FLUSH_SECONDS. */
const LOST_MS_MAX = 60_000;
/** A view is 75 segments, and an isolate answers about 500 segments per second. At least 20 isolates are active. */
const isolatesFor = (viewsPerMonth: number): number =>
  Math.max(20, Math.ceil((viewsPerMonth * 75) / (30 * 86_400) / 500));

const shown = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
/** Three digits that mean something. */
const precise = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });
const dollars = (usd: number): string => `$${shown(usd, usd < 100 ? 2 : 0)}`;

type Audience = { shape: Shape; use: Use; facts: number };

/**
 * `players`: assets with more concurrent viewers are not replayed; a view of theirs is taken to cost as much as one of
 * the hottest asset that is. Returns whether the counters counted everything that was given, and isolates that died
 * took no view and no more watch time with them than is stated.
 */
export async function showBill(
  collectorMicroseconds: number,
  { players, ...options }: Omit<LadderOptions, 'sessionSegments'> & { players: number },
): Promise<boolean> {
  const rateMax = players / (SHAPE.minutesPerView * 60);
  const byIsolates = Map.groupBy(SIZES, ({ viewsPerMonth }) => isolatesFor(viewsPerMonth));
  const plan = [...byIsolates].flatMap(([isolates, sizes]) => {
    const rates = sizes.flatMap(({ viewsPerMonth }) => viewsPerSecondOf({ ...SHAPE, viewsPerMonth }));
    const [lowest, highest] = [Math.min(...rates), Math.max(...rates)];
    const ladder = ratesBetween(lowest, Math.max(lowest * 2, Math.min(highest, rateMax)));
    return ladder.map((viewsPerSecond) => ({ isolates, viewsPerSecond }));
  });
  const sessionSegments = (SHAPE.minutesPerView * 60) / SHAPE.segmentSeconds;
  const rungs = await measureRungs(plan, { ...options, sessionSegments });
  const ladders = laddersOf(rungs);
  if (process.env['RECORD'] === '1') {
    recordLadders(ladders);
  }
  showRungs(rungs);
  const audiences = SIZES.map(({ viewsPerMonth }): Audience => {
    const shape = { ...SHAPE, viewsPerMonth };
    const ladder = ladders.find(({ isolates }) => isolates === isolatesFor(viewsPerMonth));
    return { shape, use: monthlyUse(shape, ladder?.rungs ?? []), facts: factsOf(shape) };
  });
  showMonth(audiences, collectorMicroseconds);
  const lost = rungs.flatMap(({ report }) => report.lost);
  const lostMs = lost.map(({ watchMs }) => watchMs);
  console.log(
    `\n${lost.length} isolates died while a session was playing: lost were ${sum(lost.map(({ views }) => views))} views and, of each session, ${shown(Math.max(...lostMs) / 1000)} s of watch time at most, ${shown(sum(lostMs) / lost.length / 1000)} s on average`,
  );
  return (
    lost.every(({ views, watchMs }) => views === 0 && watchMs >= 0 && watchMs <= LOST_MS_MAX) &&
    rungs.every(({ report: { counted, given } }) => counted.views === given.views && counted.watchMs === given.watchMs)
  );
}

function showRungs(rungs: readonly MeasuredRung[]): void {
  console.log(
    '\nreplays of one asset in virtual time, through the real collectors, counters and catalog in workerd; calls, rows and seconds per view. Between two rates they are interpolated; a view of an asset that is watched more costs as at the highest rate.\n',
  );
  printTable(
    [
      ...['views/s, isolates', 'views', 'batches', 'reports', 'alarms', 'rows', 'rows read'],
      ...['object s', 'D1 rows', 'D1 read', 'shards', 'took s'],
    ],
    rungs.map(({ isolates, perView, report, views, viewsPerSecond }) => [
      `${precise(viewsPerSecond)}, ${isolates}`,
      shown(views),
      ...[perView.batches, perView.reports, perView.alarms, perView.rowsWritten, perView.rowsRead].map(precise),
      ...[perView.objectSeconds, perView.d1RowsWritten, perView.d1RowsRead].map(precise),
      String(report.shards),
      shown(report.realSeconds),
    ]),
  );
}

function showMonth(audiences: readonly Audience[], collectorMicroseconds: number): void {
  const { assets, exponent, minutesPerView, segmentSeconds } = SHAPE;
  const isolates = audiences.map(({ shape }) => shown(isolatesFor(shape.viewsPerMonth)));
  console.log(
    `\nthe cost of a month at list prices: ${minutesPerView} minutes per view in segments of ${segmentSeconds} s, ${shown(assets)} assets (Zipf, ${exponent}), ${isolates.join(' / ')} isolates; ${shown(collectorMicroseconds, 1)} µs of CPU per fact in collectors\n`,
  );
  const linesFor = ({ facts, use }: Audience) => linesOf(use, facts, collectorMicroseconds);
  const row = (name: string, usdOf: (audience: Audience) => number) => [name, ...audiences.map(usdOf).map(dollars)];
  const ofLine = (index: number) => (audience: Audience) => linesFor(audience)[index]?.usd ?? 0;
  const total = (audience: Audience) => billUsd(linesFor(audience));
  const first = audiences[0] === undefined ? [] : linesFor(audiences[0]);
  const naive = (perView: (audience: Audience) => number): ((audience: Audience) => number) => {
    return (audience) => billUsd(naiveLines(perView(audience), assets));
  };
  const line = (of: (audience: Audience) => BillLine) => (audience: Audience) => of(audience).usd;
  printTable(
    ['', ...audiences.map(({ shape }) => `${shown(shape.viewsPerMonth / 1e6)} M views`)],
    [
      ...first.map(({ name }, index) => row(name, ofLine(index))),
      row('total', total),
      row(`total if each write takes ${CONFIRM_MS} ms to be confirmed`, (audience) => {
        return total(audience) + confirmLine(audience.use).usd;
      }),
      row(
        'ANALYTICS=on adds at most',
        line(({ facts, use }) => mirrorLine(use, facts)),
      ),
      row(
        'naive: a call and a row per event',
        naive(({ facts }) => facts),
      ),
      // This has no watch time, retention and renditions, and depends on the player's honesty.
      row(
        'naive: a call and a row per view',
        naive(({ shape }) => shape.viewsPerMonth),
      ),
    ],
  );
  console.log(
    `\nNot measured: on Cloudflare, other machines confirm a write before the answer leaves. ${CONFIRM_MS} ms is an assumption.`,
  );
  for (const [index, { usdMax, viewsPerMonth }] of SIZES.entries()) {
    const usd = audiences[index] === undefined ? 0 : total(audiences[index]);
    holdBound(
      usd <= usdMax,
      `${shown(viewsPerMonth / 1e6)} M views a month cost ${dollars(usd)}, at most ${dollars(usdMax)}`,
    );
  }
}
