/** Runs a fleet on one film against the real system, with faults, and analyses where the encoders' time went. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Api, createClient } from '../../client/api.ts';
import { ingestFile, untilReady } from '../../scripts/ingest.ts';
import { sum } from '../numbers.ts';
import { seededRandom } from '../random.ts';
import { FleetEncoder, type FleetLog } from './encoder.ts';
import type { Clock } from './machine.ts';
import { drawFaults, drawSpeeds, ENCODER_CORES, type Fault, filmCost, idleOf, PRESET, thinFilm } from './model.ts';
import type { Outcome } from './outcome.ts';
import { planSeconds } from './plan-seconds.ts';
import { startFleetSystem } from './system.ts';

const LEASE_SECONDS = 30;
const HEARTBEAT_SECONDS = 5;
/** Ends a benchmark that hangs. */
const DEADLINE_SECONDS = 1_500;
/** Each poll makes the board read all tasks of the job, which counts as rows read. */
const POLL_MS = 1_000;
const LAST_TOLD = 3;

export type FleetOptions = {
  encoders: number;
  withFaults: boolean;
  filmSeconds: number;
  hasSound: boolean;
  /** How long one encoder takes for the film. */
  jobSeconds: number;
  /** Model seconds per real second. */
  compress: number;
  seed: number;
};

export async function runFleet(options: FleetOptions): Promise<Outcome> {
  const { encoders, withFaults, filmSeconds, hasSound, jobSeconds, compress, seed } = options;
  const random = seededRandom(seed * 1_000 + encoders);
  const facts = thinFilm(filmSeconds, hasSound);
  const work = filmCost(facts);
  const pace = work / ENCODER_CORES / jobSeconds;
  const faults = withFaults ? drawFaults(encoders, jobSeconds / encoders, random) : [];
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
      const { url, encoderToken: token } = system;
      const encoder = new FleetEncoder({ id, speed, pace, clock, url, token, facts, log });
      // If the board refuses an encoder, the benchmark stops.
      encoder.ended.catch((error: unknown) => giveUp.abort(error));
      fleet.push(encoder);
      return encoder;
    };
    const speeds = drawSpeeds(encoders, random);
    const first = speeds.map((speed, index) => add(`sim-${index}`, speed));
    // The fleet waits before the film arrives, so that the plan is made for its size.
    await pause(2_000);
    const api = createClient({ server: system.url, token: system.apiToken });
    const before = await system.rows();
    const posted = clock.now();
    const { id, job } = await ingestFile({ path: system.film, title: 'film', api });
    const timers = faults.map((fault) => setTimeout(() => strike(fault), clock.realMs(fault.atSeconds)));
    const strike = (fault: Fault): void => {
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
    const readAsset = async (): Promise<{ status: string; error?: unknown }> => {
      giveUp.signal.throwIfAborted();
      // A Worker that is too busy to answer may still be encoding.
      return api.call('GET /assets/{id}', { path: { id } }).catch(() => ({ status: 'unknown' }));
    };
    await untilReady(readAsset, { pollMs: POLL_MS, deadlineMs: DEADLINE_SECONDS * 1000 });
    const ready = clock.now();
    timers.forEach(clearTimeout);
    const after = await system.rows();

    const timelines = fleet.map((encoder) => encoder.timeline());
    const won = await winners(api, job?.id ?? '');
    const counted = log.attempts.filter(({ task, attempt }) => won.get(task) === attempt);
    const chunkLeases = log.attempts.filter(({ kind }) => kind === 'chunk').map(({ leasedAt }) => leasedAt);
    const lastEnd = Math.min(ready, Math.max(...timelines.flatMap(({ busy }) => busy.map(({ to }) => to))));
    const moments = { posted, planned: Math.min(...chunkLeases), lastEnd, ready };
    const { capacity, ...idle } = idleOf(timelines, moments);
    const useful = sum(counted.map(({ coreSeconds }) => coreSeconds)) / pace / capacity;
    const shares = mapValues(idle, (value) => value / capacity);
    const realFrom = (begin + clock.realMs(posted)) / 1000;
    const calls = log.calls.filter(({ at }) => at >= realFrom);
    return {
      encoders,
      faults,
      compress,
      moments,
      allowed: jobSeconds / encoders / planSeconds(facts, speeds, pace),
      useful,
      redone: 1 - useful - sum(Object.values(shares)),
      idle: shares,
      leases: calls.filter(({ kind }) => kind === 'lease').length,
      troubles: new Map(log.troubles),
      last: log.attempts.slice(-LAST_TOLD),
      redoneTasks: log.attempts.length - counted.length,
      calls,
      seconds: clock.realMs(ready - posted) / 1000,
      rows: {
        read: after.rowsRead - before.rowsRead,
        written: after.rowsWritten + after.alarms - before.rowsWritten - before.alarms,
      },
    };
  } finally {
    for (const encoder of fleet) {
      encoder.stop();
    }
    await Promise.allSettled(fleet.map(({ ended }) => ended));
    await system.close();
  }
}

/** For each task, the attempt whose result the board accepted. */
async function winners(api: Api, jobId: string): Promise<Map<string, string>> {
  const { tasks } = await api.call('GET /jobs/{id}', { path: { id: jobId } });
  return new Map(tasks.map(({ id, attempt }) => [id, String(attempt)]));
}

function mapValues<K extends string>(record: Record<K, number>, map: (value: number) => number): Record<K, number> {
  return Object.fromEntries(
    (Object.entries(record) as [K, number][]).map(([key, value]) => [key, map(value)]),
  ) as Record<K, number>;
}
