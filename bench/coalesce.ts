/**
 * `npm run bench -- coalesce`: 1,000 clients ask at once for a 2-MB segment that is in no tier. How often R2 is read,
 * when the first byte arrives; the same with clients that go away, with a first read that fails, through the shield, and,
 * as control, without coalescing. CLIENTS, SEGMENT_BYTES and ROUNDS change the size; R2_DELAY_MS is added to each read,
 * because the local R2 answers before a second request has arrived: without it even the control reads once. Fails where a
 * bound is broken or the control shows nothing.
 */
import type { TierCounters } from '../src/metrics/tier-counters.ts';
import { holdBound } from './bounds.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { type Answer, stampede } from './stampede.ts';
import { putSyntheticAsset, startSession } from './synthetic-asset.ts';
import { printTable } from './table.ts';
import { TIERS_ENTRY, tierCountersOf } from './tiers/counters.ts';

const clients = Number(process.env['CLIENTS'] ?? 1000);
const segmentBytes = Number(process.env['SEGMENT_BYTES'] ?? 2_000_000);
const rounds = Number(process.env['ROUNDS'] ?? 1);
/** What a cold read of R2 may well take from far away. */
const delayMs = process.env['R2_DELAY_MS'] ?? '500';
const ABORTING_SHARE = 0.1;
/** Some before R2 has answered, some in the middle of the body. */
const ABORT_MS_MAX = 400;
/** Median first byte, followers to leader. */
const RATIO_MAX = 1.2;

/** Without the data centre's cache, which would hide what the shield does. */
const SHIELDED = { SHIELD: 'on', EDGE_CACHE: 'off' };
const FIRST_READ_FAILS = { BENCH_FIRST_READ_FAILS: 'on' };

type Counters = Pick<TierCounters, 'r2MediaReads' | 'lateFollowers'>;
type Scenario = {
  name: string;
  vars: Record<string, string>;
  aborting: boolean;
  /** Isolates that the clients are spread over; they share the bucket and the shield, and no cache. */
  instances: number;
  reads: number | 'many';
};

const SCENARIOS: readonly Scenario[] = [
  { name: 'one isolate', vars: {}, aborting: false, instances: 1, reads: 1 },
  { name: '10 % abort, the leader too', vars: {}, aborting: true, instances: 1, reads: 1 },
  { name: 'first read fails', vars: FIRST_READ_FAILS, aborting: false, instances: 1, reads: 2 },
  { name: '4 isolates', vars: { EDGE_CACHE: 'off' }, aborting: false, instances: 4, reads: 4 },
  { name: '4 isolates, shield', vars: SHIELDED, aborting: false, instances: 4, reads: 1 },
  { name: '4, shield, 10 % abort', vars: SHIELDED, aborting: true, instances: 4, reads: 1 },
  {
    name: '4, shield, first read fails',
    vars: { ...SHIELDED, ...FIRST_READ_FAILS },
    aborting: false,
    instances: 4,
    reads: 2,
  },
  {
    name: 'control: each loads alone',
    vars: { BENCH_LOADS_ALONE: 'on' },
    aborting: false,
    instances: 1,
    reads: 'many',
  },
];

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The first request is the one that leads, in practice: it always aborts at once where any do. */
function abortAfterMs(client: number): number | null {
  if (client === 0) {
    return 2;
  }
  return Math.random() < ABORTING_SHARE ? Math.random() * ABORT_MS_MAX : null;
}

function rowOf(scenario: Scenario, reads: number, late: number, answers: Answer[], wallMs: number): string[] {
  const complete = answers.filter(
    ({ outcome, status, bytes }) => outcome === 'complete' && status === 200 && bytes === segmentBytes,
  );
  const aborted = answers.filter(({ outcome }) => outcome === 'aborted').length;
  const lost = answers.length - aborted - complete.length;
  const leader = median(complete.filter(({ tier }) => tier !== 'memory').map(({ firstByteMs }) => firstByteMs));
  const followers = median(complete.filter(({ tier }) => tier === 'memory').map(({ firstByteMs }) => firstByteMs));
  const readsAreRight = scenario.reads === 'many' ? reads >= clients / 10 : reads === scenario.reads;
  // Not a number where the leader went away.
  holdBound(!(followers / leader > RATIO_MAX));
  if (lost > 0 || !readsAreRight) {
    process.exitCode = 1;
  }
  const shown = (value: number, digits = 0) => (Number.isNaN(value) ? '-' : value.toFixed(digits));
  return [
    scenario.name,
    ...[reads, complete.length, aborted, lost, late].map(String),
    shown(leader),
    shown(followers),
    shown(followers / leader, 2),
    shown(wallMs),
  ];
}

const instanceNames = (count: number): string[] => Array.from({ length: count }, (_, index) => `edge-${index + 1}`);

async function countersOf(runtime: Runtime, names: readonly string[]): Promise<Counters> {
  const all = await Promise.all(names.map((name) => tierCountersOf(runtime, name)));
  return {
    r2MediaReads: all.reduce((sum, { r2MediaReads }) => sum + r2MediaReads, 0),
    lateFollowers: all.reduce((sum, { lateFollowers }) => sum + lateFollowers, 0),
  };
}

const fetchWhole = async (url: string) => void (await (await fetch(url)).arrayBuffer());

async function measure(runtime: Runtime, scenario: Scenario): Promise<string[][]> {
  const assetId = 'stampede';
  const asset = await putSyntheticAsset(runtime.putObject, { assetId, segments: rounds, segmentBytes });
  const sessions: string[] = [];
  const names = instanceNames(scenario.instances);
  for (const name of names) {
    sessions.push(await startSession(runtime.urlOf(name), assetId));
  }
  const warmUrls = sessions.map((session) => session + asset.initPath);
  const rows: string[][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await Promise.all(warmUrls.map(fetchWhole)); // the stampede's connections are opened by requests from memory
    const before = await countersOf(runtime, names);
    const started = performance.now();
    const answers = await stampede(
      sessions.map((session) => session + asset.segmentPath(round)),
      { warmUrls, clients, abortAfterMs: scenario.aborting ? abortAfterMs : () => null },
    );
    const wallMs = performance.now() - started;
    const after = await countersOf(runtime, names);
    const reads = after.r2MediaReads - before.r2MediaReads;
    rows.push(rowOf(scenario, reads, after.lateFollowers - before.lateFollowers, answers, wallMs));
  }
  return rows;
}

const rows: string[][] = [];
for (const scenario of SCENARIOS) {
  const vars = { BENCH_R2_DELAY_MS: delayMs, ...scenario.vars };
  const instances = instanceNames(scenario.instances).map((name) => ({ name, vars, entry: TIERS_ENTRY }));
  const runtime = await startRuntime(instances);
  try {
    rows.push(...(await measure(runtime, scenario)));
  } finally {
    await runtime.close();
  }
}
console.log(
  `${clients} clients, ${segmentBytes} bytes, ${rounds} cold segments each, R2 ${delayMs} ms slower; first byte in ms`,
);
printTable(['', 'R2 reads', 'complete', 'aborted', 'lost', 'late', 'leader', 'followers', 'ratio', 'wall ms'], rows);
