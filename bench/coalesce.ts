/**
 * `npm run bench -- coalesce`: 1,000 clients ask at once for a 2-MB segment that is in no tier. How often R2 is read,
 * when the first byte arrives; the same with clients that go away, with a first read that fails, through the shield, and,
 * as control, without coalescing. CLIENTS, SEGMENT_BYTES and ROUNDS change the size; R2_DELAY_MS is added to each read,
 * because the local R2 answers before a second request has arrived: without it even the control reads once. Fails where a bound is broken or the control shows nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type System, startSystem } from '../scripts/system.ts';
import { type Answer, stampede } from './stampede.ts';
import { putSyntheticAsset, startSession } from './synthetic-asset.ts';
import { printTable } from './table.ts';

const clients = Number(process.env['CLIENTS'] ?? 1000);
const segmentBytes = Number(process.env['SEGMENT_BYTES'] ?? 2_000_000);
const rounds = Number(process.env['ROUNDS'] ?? 1);
/** What a cold read of R2 may well take from far away. */
const delayMs = process.env['R2_DELAY_MS'] ?? '500';
const ABORTING_SHARE = 0.1;
/** Some before R2 has answered, some in the middle of the body. */
const ABORT_MS_MAX = 400;

type Counters = { r2MediaReads: number; lateFollowers: number };
type Scenario = { name: string; vars: Record<string, string>; aborting: boolean; reads: 1 | 2 | 'many' };

const SCENARIOS: readonly Scenario[] = [
  { name: 'coalescing', vars: {}, aborting: false, reads: 1 },
  { name: '10 % abort, the leader too', vars: {}, aborting: true, reads: 1 },
  { name: 'first read fails', vars: { DEBUG_R2_FAIL_FIRST: 'on' }, aborting: false, reads: 2 },
  { name: 'shield', vars: { SHIELD: 'on' }, aborting: false, reads: 1 },
  { name: 'shield, 10 % abort', vars: { SHIELD: 'on' }, aborting: true, reads: 1 },
  { name: 'control: COALESCE=off', vars: { COALESCE: 'off' }, aborting: false, reads: 'many' },
];

async function countersOf(url: string): Promise<Counters> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return JSON.parse(response.headers.get('sluice-debug-tiers') ?? '{}');
}

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
  if (lost > 0 || (scenario.reads === 'many' ? reads < clients / 10 : reads !== scenario.reads)) {
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

async function measure(system: System, scenario: Scenario): Promise<string[][]> {
  const assetId = 'stampede';
  const asset = await putSyntheticAsset(system, { assetId, segments: rounds, segmentBytes });
  const session = await startSession(system.directUrl, assetId);
  const warmUrl = session + asset.initPath;
  const rows: string[][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const before = await countersOf(warmUrl);
    const started = performance.now();
    const answers = await stampede(session + asset.segmentPath(round), {
      warmUrl,
      clients,
      abortAfterMs: scenario.aborting ? abortAfterMs : () => null,
    });
    const wallMs = performance.now() - started;
    const after = await countersOf(warmUrl);
    const reads = after.r2MediaReads - before.r2MediaReads;
    rows.push(rowOf(scenario, reads, after.lateFollowers - before.lateFollowers, answers, wallMs));
  }
  return rows;
}

const rows: string[][] = [];
for (const scenario of SCENARIOS) {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const system = await startSystem({
      port: 0,
      stateDir,
      encoders: 0,
      preset: 'ultrafast',
      vars: { DEBUG_TIERS: 'on', DEBUG_R2_DELAY_MS: delayMs, ...scenario.vars },
      log: ({ source, level, text }) => level === 'error' && console.error(`${source}: ${text}`),
    });
    try {
      rows.push(...(await measure(system, scenario)));
    } finally {
      await system.close();
    }
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}
console.log(
  `${clients} clients, ${segmentBytes} bytes, ${rounds} cold segments each, R2 ${delayMs} ms slower (not the shield's); first byte in ms`,
);
printTable(['', 'R2 reads', 'complete', 'aborted', 'lost', 'late', 'leader', 'followers', 'ratio', 'wall ms'], rows);
