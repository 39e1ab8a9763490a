/**
 * `npm run bench -- views`: sends facts of views through the real collector and the real ViewCounter in workerd, with
 * SQLite on disk (in TMPDIR). For comparison, the same run measures a naive design with one call and one row per event.
 * A fact counts when its batch is acknowledged, and so durable. Then: the collector's share of a segment request, and
 * the bill. RUNTIMES, ISOLATES, PLAYERS, COLD_ASSETS, HOT_SHARE, SECONDS, WARM_SECONDS and ROUNDS change the size.
 *
 * `npm run bench -- views bill`: the cost of a month with 1 M, 100 M and 10 G views, from calls, rows and milliseconds
 * that replays in virtual time have measured, of assets from the coldest to the hottest. VIEWS and REPLAY_PLAYERS change
 * the size, FACT_MICROSECONDS is the collectors' CPU per fact. RECORD=1 keeps what a view takes for the costs.
 *
 * `npm run bench -- views truth`: counts 200,000 sessions (SESSIONS) with reloads, seeks, switches, duplicates and
 * isolates that die, and compares them with a model; then the same while the runtime is killed 20 times (KILLS), and
 * with two deliberately broken counters. SEED chooses the sessions.
 *
 * `npm run bench -- views shards`: compares the number of shards that the counters choose with fixed numbers of shards.
 * PACED_SECONDS and PACED_WARM_SECONDS set the duration of the audiences that play in real time.
 *
 * Each exits with 1 if a bound is broken.
 */
import { availableParallelism } from 'node:os';
import { holdBound } from './bounds.ts';
import { numberOf } from './numbers.ts';
import { printTable } from './table.ts';
import { COLLECTOR_MICROSECONDS } from './views/bill.ts';
import type { Fault } from './views/chunks.ts';
import type { Sample } from './views/sample.ts';
import { measureShare } from './views/segment-share.ts';
import { dollarsOf, measureShards, type ShardsOptions } from './views/shards.ts';
import { showBill } from './views/show-bill.ts';
import { measureThroughput, type Throughput, type ThroughputOptions } from './views/throughput.ts';
import { runTruth, type TruthResult } from './views/truth.ts';

const EVENTS_PER_SECOND_MIN = 46_000;
const PER_THOUSAND_MAX = 1;
const NAIVE_RATIO_MIN = 20;
const SEGMENT_SHARE_MAX = 0.02;
/** Four seconds at 400 kb/s. The smallest size only shows what counting adds to a nearly empty request. */
const SEGMENT_BYTES_MIN = 200_000;

const shown = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const broken: string[] = [];
function hold(holds: boolean, rule: string): void {
  if (!holds) {
    broken.push(rule);
  }
}

const LOAD: ThroughputOptions = {
  runtimes: numberOf('RUNTIMES', Math.min(2, availableParallelism())),
  isolates: numberOf('ISOLATES', 4),
  collectors: 1,
  // 46,000 facts per second are 184,000 viewers who fetch segments of four seconds, half of them in each runtime.
  players: numberOf('PLAYERS', 92_000),
  coldAssets: numberOf('COLD_ASSETS', 20),
  hotShare: numberOf('HOT_SHARE', 0.5),
  // Five minutes.
  sessionSegments: 75,
  warmSeconds: numberOf('WARM_SECONDS', 12),
  seconds: numberOf('SECONDS', 10),
  signedInShare: numberOf('SIGNED_IN_SHARE', 0.5),
  ...{ shards: null, isPaced: false },
  afterwards: ['collector', 'nothing', 'naive'],
};
/** Collectors per isolate, to simulate more isolates: the number of calls depends on how many share the audience. */
const MORE_COLLECTORS = [4, 16];

/** The same players with everything, with the collector only, and with nothing behind them. */
type Parts = { full: Sample; collector: Sample; nothing: Sample };

function partsOf({ collector, full, nothing }: Throughput): Parts {
  if (collector === null || nothing === null) {
    throw new TypeError('not everything was measured');
  }
  return { full, collector, nothing };
}

const collectorMicroseconds = ({ collector, nothing }: Parts): number =>
  collector.cpuMicrosecondsPerEvent - nothing.cpuMicrosecondsPerEvent;

const cpuText = (parts: Parts): string =>
  [
    `generator ${shown(parts.nothing.cpuMicrosecondsPerEvent, 2)} µs`,
    `collector ${shown(collectorMicroseconds(parts), 2)} µs`,
    `call and counter ${shown(parts.full.cpuMicrosecondsPerEvent - parts.collector.cpuMicrosecondsPerEvent, 2)} µs`,
  ].join(', ');

const loadRow = (name: string, { hot, ...sample }: Sample): string[] => [
  name,
  shown(sample.acknowledgedPerSecond),
  shown(sample.cpuMicrosecondsPerEvent, 1),
  shown(sample.requests, 2),
  shown(hot.requests, 2),
  shown(hot.rowsWritten, 2),
  shown(hot.bytesWritten / 1000),
  String(sample.hotShards),
  String(sample.failed),
];

function holdLoad({ full, naive, watchMs }: Throughput): void {
  const rate = full.acknowledgedPerSecond;
  holdBound(
    rate >= EVENTS_PER_SECOND_MIN,
    `${shown(rate)} events per second, at least ${shown(EVENTS_PER_SECOND_MIN)}`,
  );
  holdBound(
    full.hot.requests <= PER_THOUSAND_MAX,
    `${shown(full.hot.requests, 2)} calls per 1,000 events of the hot asset, at most ${PER_THOUSAND_MAX}`,
  );
  holdBound(
    full.hot.rowsWritten <= PER_THOUSAND_MAX,
    `${shown(full.hot.rowsWritten, 2)} rows per 1,000 events of the hot asset, at most ${PER_THOUSAND_MAX}`,
  );
  hold(full.failed === 0, `${full.failed} batches were not recorded`);
  hold(watchMs.counted === watchMs.given, `counted ${watchMs.counted} ms of watch time instead of ${watchMs.given}`);
  const ratio = rate / (naive?.acknowledgedPerSecond ?? Number.NaN);
  holdBound(ratio >= NAIVE_RATIO_MIN, `${shown(ratio, 1)} times the naive design, at least ${NAIVE_RATIO_MIN}`);
}

/** Returns the CPU time per fact in the collector in µs, with the most isolates and thus the smallest batches. */
async function showThroughput(): Promise<number> {
  const { runtimes, isolates, players, coldAssets, hotShare, seconds } = LOAD;
  console.log(
    `${runtimes} × workerd, each with ${isolates} isolates and ${shown(players)} players, ${hotShare * 100} % of them on a hot asset, the others on ${coldAssets} assets of Zipf popularity; ${seconds} s each\n`,
  );
  const measured = await measureThroughput(LOAD);
  const { naive } = measured;
  const { collector, full, nothing } = partsOf(measured);
  if (naive === null) {
    throw new TypeError('not everything was measured');
  }
  holdLoad(measured);
  const rows = [loadRow('Sluice', full), loadRow('naive: a call and a row per event', naive)];
  let most: Parts = { full, collector, nothing };
  for (const collectors of MORE_COLLECTORS) {
    const more = await measureThroughput({ ...LOAD, collectors, afterwards: ['collector', 'nothing'] });
    most = partsOf(more);
    rows.push(loadRow(`Sluice, simulating ${runtimes * collectors * isolates} isolates`, more.full));
  }
  printTable(['', 'events/s', 'CPU µs', 'calls', 'calls, hot', 'rows, hot', 'kB, hot', 'hot shards', 'failed'], rows);
  console.log(
    '\ncalls, rows and kB per 1,000 acknowledged events; CPU of workerd per event, including the load generators',
  );
  console.log(`CPU per fact with ${runtimes * isolates} isolates: ${cpuText({ full, collector, nothing })}`);
  console.log(`CPU per fact with ${runtimes * isolates * (MORE_COLLECTORS.at(-1) ?? 1)} isolates: ${cpuText(most)}`);
  console.log(
    `${shown(full.acknowledgedPerSecond / naive.acknowledgedPerSecond, 1)} times the naive design; counted ${shown(measured.watchMs.counted)} of ${shown(measured.watchMs.given)} ms of watch time`,
  );
  return collectorMicroseconds(most);
}

async function showShare(factMicroseconds: number): Promise<void> {
  const rounds = numberOf('ROUNDS', 7);
  const shares = await measureShare({ rounds, seconds: Math.min(2, LOAD.seconds) });
  console.log(
    `\na segment request with and without counting: CPU of workerd in ms, median of ${rounds} alternating rounds\n`,
  );
  const rows = shares.map(({ bytes, ratio, withMs, withoutMs }) => {
    const share = factMicroseconds / 1000 / withoutMs;
    const isBound = bytes >= SEGMENT_BYTES_MIN;
    holdBound(
      !isBound || share <= SEGMENT_SHARE_MAX,
      `counting takes ${shown(share * 100, 2)} % of a segment request of ${bytes} bytes`,
    );
    return [`${bytes} bytes`, shown(withoutMs, 3), shown(withMs, 3), shown(ratio, 3), `${shown(share * 100, 2)} %`];
  });
  printTable(['', 'not counted', 'counted', 'ratio', 'collector / request'], rows);
}

async function priceMonth(factMicroseconds: number): Promise<void> {
  const { players, runtimes, signedInShare } = LOAD;
  const isTrue = await showBill(factMicroseconds, {
    ...{ runtimes, signedInShare },
    players: Math.min(players, numberOf('REPLAY_PLAYERS', 25_000)),
    // A benchmark at its smallest size replays a few views.
    views: numberOf('VIEWS', Math.min(80, Math.ceil(players / 10))),
  });
  hold(isTrue, 'in a replay, the counters did not count what was given');
}

function truthRows(name: string, { comparison, ...run }: TruthResult): string[][] {
  const { chunks, deaths, duplicates, kills, repeats, seconds, shards } = run;
  console.log(
    `\n${name}: ${chunks} parts of the audience in ${shown(seconds)} s; isolates died ${deaths.before} times before and ${deaths.after} times after sending; the runtime was killed ${kills} times; players repeated ${repeats} unacknowledged and ${duplicates} acknowledged parts; up to ${shards} shards per asset`,
  );
  const off = Object.entries(comparison.viewersOff).map(([asset, share]) => `${asset} ${shown(share * 100, 1)} %`);
  console.log(`error of the estimated viewers: ${off.join(', ')}\n`);
  return Object.entries(comparison.lines).map(([kind, { counted, error, model }]) => [
    kind,
    shown(counted),
    shown(model),
    shown(error),
  ]);
}

async function showTruth(): Promise<void> {
  const audience = { seed: numberOf('SEED', 1), sessions: numberOf('SESSIONS', 200_000) };
  const scenarios: { name: string; sessions: number; kills: number; fault: Fault }[] = [
    { name: 'isolates die', sessions: audience.sessions, kills: 0, fault: 'none' },
    { name: 'the runtime is killed', sessions: audience.sessions, kills: numberOf('KILLS', 20), fault: 'none' },
    { name: 'control: counts duplicates', sessions: 5_000, kills: 0, fault: 'add' },
    { name: 'control: forgets at a restart', sessions: 5_000, kills: 1, fault: 'forget' },
  ];
  for (const { fault, kills, name, sessions } of scenarios) {
    const result = await runTruth({ ...audience, sessions, kills, fault, isolates: 24 });
    printTable([`${shown(sessions)} sessions`, 'counted', 'model', 'error'], truthRows(name, result));
    const isTrue = result.comparison.error === 0;
    hold(
      isTrue === (fault === 'none'),
      `${name}: ${isTrue ? 'the broken counter was not noticed' : 'the counters differ from the model'}`,
    );
    hold(result.kills === kills, `${name}: the runtime was killed ${result.kills} times instead of ${kills}`);
  }
}

/** By name. `collectors` times `isolates` is the number of simulated isolates that share an audience. */
const AUDIENCES: Readonly<Record<string, ShardsOptions>> = {
  'one hot asset at full speed, 64 isolates': {
    ...{ ...LOAD, coldAssets: 1, hotShare: 1, collectors: 16 },
  },
  'one asset in real time, 10,000 players, 64 isolates': {
    ...{ ...LOAD, coldAssets: 1, hotShare: 1, collectors: 16, players: 10_000, isPaced: true },
    ...{ warmSeconds: numberOf('PACED_WARM_SECONDS', 60), seconds: numberOf('PACED_SECONDS', 90) },
  },
  '10,000 assets (Zipf) in real time, 200 players, 20 isolates': {
    ...{ ...LOAD, coldAssets: 10_000, hotShare: 0, collectors: 5, players: 200, isPaced: true },
    ...{ warmSeconds: numberOf('PACED_WARM_SECONDS', 60), seconds: numberOf('PACED_SECONDS', 90) },
  },
};

async function showShards(): Promise<void> {
  console.log('in one workerd; calls, rows and their price per 1,000 views of 75 segments\n');
  for (const [name, audience] of Object.entries(AUDIENCES)) {
    const measured = await measureShards(audience);
    for (const { failed } of measured.values()) {
      hold(failed === 0, `${name}: ${failed} batches were not recorded`);
    }
    const rows = [...measured].map(([shards, { acknowledged, ...sample }]) => {
      const { acknowledgedPerSecond, billed, busiest, hotShards } = sample;
      const thousands = acknowledged / audience.sessionSegments / 1000;
      return [
        shards === null ? 'chosen by the counters' : `always ${shards}`,
        ...[billed.requests, billed.otherCalls, billed.rowsWritten + billed.alarms].map((count) =>
          shown(count / thousands),
        ),
        `$${shown(dollarsOf(billed) / thousands, 4)}`,
        ...[acknowledgedPerSecond, hotShards, busiest.events, busiest.requests].map((count) => shown(count)),
      ];
    });
    printTable(
      [
        name,
        'batches',
        'other calls',
        'rows',
        '$',
        'facts/s',
        'shards',
        'max facts/s per shard',
        'max batches/s per shard',
      ],
      rows,
    );
    console.log();
  }
}

const [mode] = process.argv.slice(2);
if (mode === 'truth') {
  await showTruth();
} else if (mode === 'shards') {
  await showShards();
} else if (mode === undefined) {
  const factMicroseconds = await showThroughput();
  await showShare(factMicroseconds);
  await priceMonth(factMicroseconds);
} else if (mode === 'bill') {
  await priceMonth(numberOf('FACT_MICROSECONDS', COLLECTOR_MICROSECONDS));
} else {
  throw new RangeError('usage: npm run bench -- views [bill|truth|shards]');
}
if (broken.length > 0) {
  console.log(`\nbroken rules:\n${broken.map((rule) => `  ${rule}`).join('\n')}`);
  process.exitCode = 1;
}
