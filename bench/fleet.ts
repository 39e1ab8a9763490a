/**
 * `npm run bench -- fleet [N…]`: N encoders (default 1, 10, 100 and 360) on one film of two hours, which is a job of four
 * hours for one of them. The Worker, TaskBoard and EncodeWorkflow are the real ones in workerd; an encoder is the real
 * lease loop and HTTP client with a model of ffmpeg in it (fleet/encoder.ts): unequal speeds, and with FAULTS=on (default
 * `both`: once without, once with) deaths and cut networks. Small fleets run in compressed time (COMPRESS sets it for
 * all): the calls, waits and the publishing of the real Worker are not compressed with it, so they weigh more than they would.
 * Ends with 1 where a bound is broken. HOURS is the film's length, JOB_HOURS what one encoder takes, SEED the
 * draw. SOUND=off leaves the sound out: it is encoded whole, by one thread, and so keeps large fleets waiting.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { connectApi } from '../scripts/api.ts';
import { type Attempt, type Call, FleetEncoder, type FleetLog } from './fleet/encoder.ts';
import type { Clock } from './fleet/machine.ts';
import {
  drawFaults,
  drawSpeeds,
  ENCODER_CORES,
  type Fault,
  filmCost,
  idleOf,
  type Moments,
  PRESET,
  planSeconds,
  rates,
  type Spent,
  thinFilm,
} from './fleet/model.ts';
import { type FleetSystem, startFleetSystem } from './fleet/system.ts';
import { seededRandom } from './replay.ts';
import { printTable } from './table.ts';

const numberOf = (name: string, fallback: number): number => Number(process.env[name] ?? fallback) || fallback;

const FILM_SECONDS = numberOf('HOURS', 2) * 3600;
const JOB_SECONDS = numberOf('JOB_HOURS', 4) * 3600;
const SEED = numberOf('SEED', 1);
const HAS_SOUND = process.env['SOUND'] !== 'off';
const FAULTS = process.env['FAULTS'] ?? 'both';

/** Of a fleet of this size and more: nothing is compressed. Smaller ones take as long as this one. */
const REAL_TIME_FLEET = 100;
const LEASE_SECONDS = 30;
const HEARTBEAT_SECONDS = 5;
/** A bench that hangs ends by itself. */
const DEADLINE_SECONDS = 1_500;
/** Each asks the board for all tasks of the job, which its rows read tell. */
const POLL_MS = 1_000;
const LAST_TOLD = 3;

/** One Durable Object's documented limits: requests a second, and of those that write. */
const SOFT_LIMIT = 1_000;
const WRITE_LIMIT = 200;
const LEAST_EFFICIENCY = 0.9;
const BOUND_FLEET = 100;
const LARGE_FLEET = 360;
const LARGE_FLEET_SECONDS = 300;

type Outcome = {
  encoders: number;
  faults: readonly Fault[];
  compress: number;
  moments: Moments;
  /** What the plan alone allows of the efficiency. */
  allowed: number;
  /** Shares of the capacity. */
  useful: number;
  redone: number;
  idle: Record<Exclude<keyof Spent, 'capacity'>, number>;
  leases: number;
  redoneTasks: number;
  /** What encoders logged as gone wrong, and how often. */
  troubles: ReadonlyMap<string, number>;
  /** The tasks that were leased last: what a long tail waited for. */
  last: readonly Attempt[];
  calls: readonly Call[];
  /** Real. */
  seconds: number;
  rows: { read: number; written: number };
};

async function runFleet(encoders: number, withFaults: boolean): Promise<Outcome> {
  const compress = numberOf('COMPRESS', Math.max(1, REAL_TIME_FLEET / encoders));
  const random = seededRandom(SEED * 1_000 + encoders);
  const facts = thinFilm(FILM_SECONDS, HAS_SOUND);
  const work = filmCost(facts);
  const pace = work / ENCODER_CORES / JOB_SECONDS;
  const faults = withFaults ? drawFaults(encoders, JOB_SECONDS / encoders, random) : [];
  const system = await startFleetSystem({
    X264_PRESET: PRESET,
    EARLY_RENDITION: 'off',
    LEASE_SECONDS: String(Math.max(1, Math.round(LEASE_SECONDS / compress))),
    HEARTBEAT_SECONDS: String(Math.max(0.1, HEARTBEAT_SECONDS / compress)),
  });
  const log: FleetLog = { calls: [], attempts: [], troubles: new Map() };
  const fleet: FleetEncoder[] = [];
  const giveUp = new AbortController();
  try {
    const begin = performance.now();
    const clock: Clock = {
      now: () => ((performance.now() - begin) / 1000) * compress,
      realMs: (seconds) => (seconds * 1000) / compress,
    };
    const add = (id: string, speed: number): FleetEncoder => {
      const { url, encoderToken: token, store } = system;
      const encoder = new FleetEncoder({ id, speed, pace, clock, url, token, store, facts, log });
      // Seen in the end: an encoder that the board refuses makes the job too slow or stops it.
      encoder.ended.catch((error: unknown) => giveUp.abort(error));
      fleet.push(encoder);
      return encoder;
    };
    const speeds = drawSpeeds(encoders, random);
    const first = speeds.map((speed, index) => add(`sim-${index}`, speed));
    // A fleet that is there before the film, as one that waits for work: the plan is made for it.
    await pause(2_000);
    await system.store.putImmutable('sources/bench/film.mp4', new Uint8Array(1_000), 'video/mp4', giveUp.signal);
    const api = connectApi(system.url, system.apiToken);
    const before = await system.rows();
    const posted = clock.now();
    const { id, job } = await api.createAsset('sources/bench/film.mp4', 'film');
    const timers = faults.map((fault) => setTimeout(() => befall(fault), clock.realMs(fault.atSeconds)));
    const befall = (fault: Fault): void => {
      const victim = first[fault.encoder];
      if (fault.kind === 'cut') {
        void victim?.cutFor(fault.seconds);
        return;
      }
      victim?.die();
      if (fault.backSeconds !== null && victim !== undefined) {
        const { speed } = victim.timeline();
        timers.push(setTimeout(() => add(`sim-${fault.encoder}-again`, speed), clock.realMs(fault.backSeconds)));
      }
    };
    await untilReady(api, id, giveUp.signal);
    const ready = clock.now();
    timers.forEach(clearTimeout);
    const after = await system.rows();

    const timelines = fleet.map((encoder) => encoder.timeline());
    const won = await winners(system, job?.id ?? '');
    const counted = log.attempts.filter(({ task, attempt }) => won.get(task) === attempt);
    const chunkLeases = log.attempts.filter(({ kind }) => kind === 'chunk').map(({ leasedAt }) => leasedAt);
    const lastEnd = Math.min(ready, Math.max(...timelines.flatMap(({ busy }) => busy.map(({ to }) => to))));
    const moments = { posted, planned: Math.min(...chunkLeases), lastEnd, ready };
    const { capacity, ...idle } = idleOf(timelines, moments);
    const useful = counted.reduce((sum, { coreSeconds }) => sum + coreSeconds, 0) / pace / capacity;
    const shares = mapValues(idle, (value) => value / capacity);
    const realFrom = (begin + clock.realMs(posted)) / 1000;
    const calls = log.calls.filter(({ at }) => at >= realFrom);
    return {
      encoders,
      faults,
      compress,
      moments,
      allowed: JOB_SECONDS / encoders / planSeconds(facts, speeds, pace),
      useful,
      redone: 1 - useful - Object.values(shares).reduce((sum, share) => sum + share, 0),
      idle: shares,
      leases: calls.filter(({ kind }) => kind === 'lease').length,
      troubles: new Map(log.troubles),
      last: log.attempts.slice(-LAST_TOLD),
      redoneTasks: log.attempts.length - counted.length,
      calls,
      seconds: clock.realMs(ready - posted) / 1000,
      rows: { read: after.read - before.read, written: after.written + after.alarms - before.written - before.alarms },
    };
  } finally {
    for (const encoder of fleet) {
      encoder.stop();
    }
    await Promise.allSettled(fleet.map(({ ended }) => ended));
    await system.close();
  }
}

const jobSchema = z.object({ tasks: z.array(z.object({ id: z.string(), attempt: z.int() })) });

/** The attempt of each task whose result the board took. */
async function winners({ url, apiToken }: FleetSystem, jobId: string): Promise<Map<string, string>> {
  const response = await fetch(new URL(`/v1/jobs/${jobId}`, url), { headers: { authorization: `Bearer ${apiToken}` } });
  const { tasks } = jobSchema.parse(await response.json());
  return new Map(tasks.map(({ id, attempt }) => [id, String(attempt)]));
}

async function untilReady(api: ReturnType<typeof connectApi>, id: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + DEADLINE_SECONDS * 1000;
  for (;;) {
    signal.throwIfAborted();
    // A Worker that is too busy to answer an operator may still be encoding.
    const { status, error } = await api.readAsset(id).catch(() => ({ status: 'unknown', error: null }));
    if (status === 'ready') {
      return;
    }
    if (status === 'failed' || performance.now() > deadline) {
      throw new Error(`the asset is ${status}: ${JSON.stringify(error)}`);
    }
    await pause(POLL_MS);
  }
}

function mapValues<K extends string>(record: Record<K, number>, map: (value: number) => number): Record<K, number> {
  return Object.fromEntries(
    (Object.entries(record) as [K, number][]).map(([key, value]) => [key, map(value)]),
  ) as Record<K, number>;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const times = (calls: readonly Call[], kind: Call['kind']): number => calls.filter((call) => call.kind === kind).length;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const nameOf = ({ encoders, faults }: Outcome): string => {
  const deaths = faults.filter(({ kind }) => kind === 'death').length;
  return `${encoders}${faults.length === 0 ? '' : `, ${deaths} die, ${faults.length - deaths} cut off`}`;
};

function printOutcomes(outcomes: readonly Outcome[]): void {
  console.log('\nModel seconds from POST to ready; shares of what the encoders could have done while they lived');
  printTable(
    [
      'encoders',
      '1 s is',
      'wall s',
      'efficiency',
      'plan allows',
      'redone',
      'start',
      'between',
      'tail',
      'publish',
      'redone tasks',
    ],
    outcomes.map((outcome) => [
      nameOf(outcome),
      `${outcome.compress.toFixed(0)} s`,
      (outcome.moments.ready - outcome.moments.posted).toFixed(0),
      percent(outcome.useful),
      percent(outcome.allowed),
      percent(outcome.redone),
      ...(['start', 'between', 'tail', 'publish'] as const).map((cause) => percent(outcome.idle[cause])),
      String(outcome.redoneTasks),
    ]),
  );
  console.log(
    '\nThe board, in real seconds; beside it one Durable Object is said to take 1,000 requests/s, 200–500 that write',
  );
  printTable(
    [
      ...['encoders', 'leases', 'empty', 'heartbeats', 'completes', 'requests/s', 'peak'],
      ...['complete ms', 'rows read', 'rows written', 'written/s'],
    ],
    outcomes.map((outcome) => {
      const { calls, seconds, rows } = outcome;
      const { mean, peak } = ratesOf(outcome);
      return [
        nameOf(outcome),
        ...[outcome.leases, times(calls, 'empty'), times(calls, 'heartbeat'), times(calls, 'complete')].map(String),
        mean.toFixed(1),
        String(peak),
        (1000 * median(calls.filter(({ kind }) => kind === 'complete').map((call) => call.seconds))).toFixed(0),
        String(rows.read),
        String(rows.written),
        (rows.written / seconds).toFixed(1),
      ];
    }),
  );
}

const ratesOf = ({ calls, seconds }: Outcome) =>
  rates(
    calls.map(({ at }) => at),
    seconds,
  );

function brokenBounds(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) => {
    const wall = outcome.moments.ready - outcome.moments.posted;
    const { peak } = ratesOf(outcome);
    const rules: [holds: boolean, rule: string][] = [
      [
        outcome.encoders !== BOUND_FLEET || outcome.useful >= LEAST_EFFICIENCY,
        `efficiency ${percent(outcome.useful)}, at least ${percent(LEAST_EFFICIENCY)}`,
      ],
      [
        outcome.encoders !== LARGE_FLEET || wall < LARGE_FLEET_SECONDS,
        `${wall.toFixed(0)} s, less than ${LARGE_FLEET_SECONDS} s`,
      ],
      [peak <= SOFT_LIMIT, `${peak} requests in a second, at most ${SOFT_LIMIT}`],
      [
        outcome.rows.written / outcome.seconds <= WRITE_LIMIT,
        `${(outcome.rows.written / outcome.seconds).toFixed(0)} rows written a second, at most ${WRITE_LIMIT}`,
      ],
    ];
    return rules.filter(([holds]) => !holds).map(([, rule]) => `${nameOf(outcome)} encoders: ${rule}`);
  });
}

const fleets = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, BOUND_FLEET, LARGE_FLEET];
if (fleets.some((count) => !Number.isInteger(count) || count < 1)) {
  throw new RangeError('usage: npm run bench -- fleet [N…]');
}
console.log(
  `a film of ${FILM_SECONDS / 3600} h that takes one encoder ${JOB_SECONDS / 3600} h; ${HAS_SOUND ? '' : 'without sound; '}speeds differ by four times`,
);
const outcomes: Outcome[] = [];
for (const encoders of fleets) {
  // The only encoder there is has nobody to take its place.
  for (const withFaults of [false, true].filter((on) =>
    FAULTS === 'both' ? !on || encoders > 1 : on === (FAULTS === 'on'),
  )) {
    const outcome = await runFleet(encoders, withFaults);
    outcomes.push(outcome);
    printOutcomes([outcome]);
    for (const [trouble, count] of outcome.troubles) {
      console.log(`  ${count} × ${trouble}`);
    }
    for (const { task, attempt, coreSeconds, speed, leasedAt } of outcome.last) {
      const after = (leasedAt - outcome.moments.posted).toFixed(0);
      console.log(
        `  leased after ${after} s: ${task}, attempt ${attempt}, ${coreSeconds.toFixed(0)} core-s at speed ${speed.toFixed(2)}`,
      );
    }
  }
}
if (outcomes.length > 1) {
  printOutcomes(outcomes);
}
const broken = brokenBounds(outcomes);
if (broken.length > 0) {
  console.log(`\nbroken:\n${broken.map((line) => `  ${line}`).join('\n')}`);
  process.exitCode = 1;
}
