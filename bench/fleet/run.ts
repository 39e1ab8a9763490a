/** Runs one fleet on one film against the real system, with what befalls it, and says where the encoders' time went. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Api, connectApi } from '../../client/api.ts';
import { ingestFile } from '../../scripts/ingest.ts';
import { seededRandom } from '../replay.ts';
import { FleetEncoder, type FleetLog } from './encoder.ts';
import type { Clock } from './machine.ts';
import { drawFaults, drawSpeeds, ENCODER_CORES, type Fault, filmCost, idleOf, PRESET, thinFilm } from './model.ts';
import type { Outcome } from './outcome.ts';
import { planSeconds } from './plan-seconds.ts';
import { startFleetSystem } from './system.ts';

const LEASE_SECONDS = 30;
const HEARTBEAT_SECONDS = 5;
/** A bench that hangs ends by itself. */
const DEADLINE_SECONDS = 1_500;
/** Each asks the board for all tasks of the job, which its rows read tell. */
const POLL_MS = 1_000;
const LAST_TOLD = 3;

export type FleetOptions = {
  encoders: number;
  withFaults: boolean;
  filmSeconds: number;
  hasSound: boolean;
  /** What the film takes one encoder. */
  jobSeconds: number;
  /** Model seconds that pass in a real one. */
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
      // Seen in the end: an encoder that the board refuses makes the job too slow or stops it.
      encoder.ended.catch((error: unknown) => giveUp.abort(error));
      fleet.push(encoder);
      return encoder;
    };
    const speeds = drawSpeeds(encoders, random);
    const first = speeds.map((speed, index) => add(`sim-${index}`, speed));
    // A fleet that is there before the film, as one that waits for work: the plan is made for it.
    await pause(2_000);
    const api = connectApi({ server: system.url, token: system.apiToken });
    const before = await system.rows();
    const posted = clock.now();
    const { id, job } = await ingestFile({ path: system.film, title: 'film', s3: system.s3, api });
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
    const won = await winners(api, job?.id ?? '');
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
      allowed: jobSeconds / encoders / planSeconds(facts, speeds, pace),
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

/** The attempt of each task whose result the board took. */
async function winners(api: Api, jobId: string): Promise<Map<string, string>> {
  const { tasks } = await api.call('GET /jobs/{id}', { path: { id: jobId } });
  return new Map(tasks.map(({ id, attempt }) => [id, String(attempt)]));
}

async function untilReady(api: Api, id: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + DEADLINE_SECONDS * 1000;
  for (;;) {
    signal.throwIfAborted();
    // A Worker that is too busy to answer an operator may still be encoding.
    const { status, error } = await api
      .call('GET /assets/{id}', { path: { id } })
      .catch(() => ({ status: 'unknown', error: null }));
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
