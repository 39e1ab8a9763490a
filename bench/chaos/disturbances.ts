/** The disturbances of a round: one of each of six kinds, at random moments and for random times. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { BrokenMode, FragileEncoder, FragileSystem, Store } from './fragile-system.ts';

const KINDS = ['kill', 'stop', 'restart', 'cut', 'bucket', 'catalog'] as const;
type Kind = (typeof KINDS)[number];

export type Disturbance = {
  kind: Kind;
  atMs: number;
  what: string;
  /** Breaks something and repairs it. Returns how many encoders may have lost their work. */
  cause(system: FragileSystem): Promise<number>;
};

/** A killed encoder is replaced within this time. */
const REPLACED_MS = 3_000;
/** A stopped encoder sleeps at most this much longer than its lease, so that another encoder gets its task. */
const OVERSLEPT_MS = 2_500;
const LEAST_CUT_MS = 500;
/** Shorter than half a minute, after which a failing step ends the job. */
const STORE_MS = { least: 1_000, most: 6_000 };
const BROKEN_MODES = ['refuse', 'lose', 'hang'] as const;
/** The time from the last heartbeat before an outage to its start, and from its end to the next one. */
const HEARTBEATS_MS = 2_000;

/** All within `spanMs`. No encoder is both killed and stopped. The network of any encoder may be cut. */
export function chooseDisturbances(
  random: Random,
  options: { spanMs: number; encoders: number; leaseMs: number },
): Disturbance[] {
  const { spanMs, encoders, leaseMs } = options;
  const victim = random.whole(0, encoders - 1);
  const other = (victim + 1 + random.whole(0, encoders - 2)) % encoders;
  const cutOff = random.whole(0, encoders - 1);
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
  what: `Worker ${how === 'kill' ? 'killed and restarted' : 'restarted'}`,
  async cause(system) {
    // Heartbeats stop with the Worker. A lease that lasts longer than the restart is not lost.
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

const MODE_TEXT = { refuse: 'refuses calls', lose: 'loses its answers', hang: 'hangs' } as const;

const broken = (store: Store, mode: BrokenMode, forMs: number): Choice => ({
  what: `${store === 'bucket' ? 'R2' : 'D1'} ${MODE_TEXT[mode]} for ${seconds(forMs)}`,
  async cause(system) {
    await system.breakStore(store, mode, forMs);
    return 0;
  },
});
