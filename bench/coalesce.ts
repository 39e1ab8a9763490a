/**
 * `npm run bench -- coalesce`: 1,000 clients request a 2-MB segment at once that no tier has. Measures how often R2 is
 * read and when the first byte arrives: also with clients that abort, with a first read that fails, through the shield
 * and, as a control, without coalescing. CLIENTS, SEGMENT_BYTES and ROUNDS change the size. R2_DELAY_MS is added to
 * each read, because the local R2 would answer before a second request arrives, and even the control would read only
 * once. Fails if a bound is broken or the control shows no difference.
 */
import { availableParallelism } from 'node:os';
import type { TierCounters } from '../src/metrics/tier-counters.ts';
import { holdBound } from './bounds.ts';
import { median, numberOf, sum } from './numbers.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { type Answer, stampede } from './stampede.ts';
import { putSyntheticAsset, startSession } from './synthetic-asset.ts';
import { printTable } from './table.ts';
import { TIERS_ENTRY, tierCountersOf } from './tiers/counters.ts';

const clients = numberOf('CLIENTS', 1000);
const segmentBytes = numberOf('SEGMENT_BYTES', 2_000_000);
const rounds = numberOf('ROUNDS', 1);
/** A realistic time for a cold read of R2 from far away. */
const delayMs = numberOf('R2_DELAY_MS', 500);
const ABORTING_SHARE = 0.1;
/** Some clients abort before R2 has answered, some in the middle of the body. */
const ABORT_MS_MAX = 400;
/** The median time to first byte of the followers, divided by that of the leaders. */
const RATIO_MAX = 1.2;

/** Without the data centre's cache, which would hide the effect of the shield. */
const SHIELDED = { SHIELD: 'on', EDGE_CACHE: 'off' };
const FIRST_READ_FAILS = { BENCH_FIRST_READ_FAILS: 'on' };

type Counters = Pick<TierCounters, 'r2MediaReads' | 'lateFollowers'>;
type Scenario = {
  name: string;
  vars: Record<string, string>;
  aborting: boolean;
  /** The isolates that the clients are spread over. They share the bucket and the shield, but no cache. */
  instances: number;
  reads: number | 'many';
};

const SCENARIOS: readonly Scenario[] = [
  { name: 'one isolate', vars: {}, aborting: false, instances: 1, reads: 1 },
  { name: '10 % abort, including the leader', vars: {}, aborting: true, instances: 1, reads: 1 },
  { name: 'first read fails', vars: FIRST_READ_FAILS, aborting: false, instances: 1, reads: 2 },
  { name: '4 isolates', vars: { EDGE_CACHE: 'off' }, aborting: false, instances: 4, reads: 4 },
  { name: '4 isolates, shield', vars: SHIELDED, aborting: false, instances: 4, reads: 1 },
  { name: '4 isolates, shield, 10 % abort', vars: SHIELDED, aborting: true, instances: 4, reads: 1 },
  {
    name: '4 isolates, shield, first read fails',
    vars: { ...SHIELDED, ...FIRST_READ_FAILS },
    aborting: false,
    instances: 4,
    reads: 2,
  },
  {
    name: 'control: no coalescing',
    vars: { BENCH_LOADS_ALONE: 'on' },
    aborting: false,
    instances: 1,
    reads: 'many',
  },
];

/** In practice the first request is the leader. If clients abort, it always does, at once. */
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
  // More isolates than there are cores for take turns. The ratio is not a number if the leader aborted.
  if (scenario.reads !== 'many' && scenario.instances < availableParallelism()) {
    holdBound(!(followers / leader > RATIO_MAX), `${scenario.name}: ratio at most ${RATIO_MAX}`);
  }
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
    r2MediaReads: sum(all.map(({ r2MediaReads }) => r2MediaReads)),
    lateFollowers: sum(all.map(({ lateFollowers }) => lateFollowers)),
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
    await Promise.all(warmUrls.map(fetchWhole)); // opens the connections, with requests that memory answers
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
  const vars = { BENCH_R2_DELAY_MS: String(delayMs), ...scenario.vars };
  const instances = instanceNames(scenario.instances).map((name) => ({ name, vars, entry: TIERS_ENTRY }));
  const runtime = await startRuntime(instances);
  try {
    rows.push(...(await measure(runtime, scenario)));
  } finally {
    await runtime.close();
  }
}
console.log(
  `${clients} clients, segments of ${segmentBytes} bytes, ${rounds} cold segments per row, reads of R2 delayed by ${delayMs} ms;\nleader and followers: median time to first byte in ms; late: followers that gave up waiting for the leader`,
);
printTable(['', 'R2 reads', 'complete', 'aborted', 'lost', 'late', 'leader', 'followers', 'ratio', 'wall ms'], rows);
