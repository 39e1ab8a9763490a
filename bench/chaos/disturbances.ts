/** One round's disturbances: six kinds, once each, at moments and for times that a seed chooses. */
import { setTimeout as pause } from 'node:timers/promises';
import type { BrokenMode, FragileEncoder, FragileSystem, Store } from './fragile-system.ts';
import type { Random } from './random.ts';

const KINDS = ['kill', 'stop', 'restart', 'cut', 'bucket', 'catalog'] as const;
type Kind = (typeof KINDS)[number];

export type Disturbance = {
  kind: Kind;
  atMs: number;
  what: string;
  /** Breaks something and mends it. Returns how many encoders may have lost what they had in hand. */
  cause(system: FragileSystem): Promise<number>;
};

/** Until the next encoder starts in the place of a killed one. */
const REPLACED_MS = 3_000;
/** A stopped encoder sleeps this much longer than its lease, at most: it comes back with a task that is another's. */
const OVERSLEPT_MS = 2_500;
const LEAST_CUT_MS = 500;
/** A step of a job is tried for half a minute; what fails for longer ends it. */
const STORE_MS = { least: 1_000, most: 6_000 };
const BROKEN_MODES = ['refuse', 'lose', 'hang'] as const;
/** From the last heartbeat before an outage to its start, and from its end to the first one after. */
const HEARTBEATS_MS = 2_000;

/** Within `spanMs`. An encoder is killed or stopped, not both; the network that breaks is anybody's. */
export function chooseDisturbances(
  random: Random,
  options: { spanMs: number; encoders: number; leaseMs: number },
): Disturbance[] {
  const { spanMs, encoders, leaseMs } = options;
  const victim = Math.floor(random.between(0, encoders));
  const other = (victim + 1 + Math.floor(random.between(0, encoders - 1))) % encoders;
  const cutOff = Math.floor(random.between(0, encoders));
  const choices = {
    kill: killed(victim, random.between(0, REPLACED_MS)),
    stop: stopped(other, leaseMs + random.between(500, OVERSLEPT_MS)),
    restart: restarted(random.pick(['end', 'kill']), leaseMs),
    cut: cut(cutOff, random.pick(['cut', 'hang']), random.between(LEAST_CUT_MS, leaseMs + OVERSLEPT_MS)),
    bucket: broken('bucket', random.pick(BROKEN_MODES), random.between(STORE_MS.least, STORE_MS.most)),
    catalog: broken('catalog', random.pick(BROKEN_MODES), random.between(STORE_MS.least, STORE_MS.most)),
  };
  return KINDS.map((kind) => ({ kind, atMs: random.between(0, spanMs), ...choices[kind] })).sort(
    (a, b) => a.atMs - b.atMs,
  );
}

type Choice = Pick<Disturbance, 'what' | 'cause'>;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function encoderOf(system: FragileSystem, index: number): FragileEncoder {
  const encoder = system.encoders[index];
  if (encoder === undefined) {
    throw new RangeError(`there is no encoder ${index}`);
  }
  return encoder;
}

const killed = (index: number, replacedMs: number): Choice => ({
  what: `SIGKILL of encoder ${index + 1}, replaced after ${seconds(replacedMs)}`,
  async cause(system) {
    const encoder = encoderOf(system, index);
    await encoder.kill();
    await pause(replacedMs);
    encoder.revive();
    return 1;
  },
});

const stopped = (index: number, forMs: number): Choice => ({
  what: `SIGSTOP of encoder ${index + 1} for ${seconds(forMs)}`,
  async cause(system) {
    await encoderOf(system, index).stop(forMs);
    return 1;
  },
});

const restarted = (how: 'end' | 'kill', leaseMs: number): Choice => ({
  what: `Worker ${how === 'kill' ? 'SIGKILLed and started' : 'restarted'}`,
  async cause(system) {
    // Heartbeats pause with the Worker; a lease that outlasts the pause holds.
    const awayMs = await system.restartWorker(how);
    return awayMs < leaseMs - HEARTBEATS_MS ? 0 : system.encoders.length;
  },
});

const cut = (index: number, how: 'cut' | 'hang', forMs: number): Choice => ({
  what: `connections of encoder ${index + 1} ${how === 'cut' ? 'refused' : 'hanging'} for ${seconds(forMs)}`,
  async cause(system) {
    await encoderOf(system, index).proxy[how](forMs);
    return 1;
  },
});

const TOLD = { refuse: 'refuses', lose: 'loses its answers', hang: 'hangs' } as const;

const broken = (store: Store, mode: BrokenMode, forMs: number): Choice => ({
  what: `${store === 'bucket' ? 'R2' : 'D1'} ${TOLD[mode]} for ${seconds(forMs)}`,
  async cause(system) {
    await system.breakStore(store, mode, forMs);
    return 0;
  },
});
