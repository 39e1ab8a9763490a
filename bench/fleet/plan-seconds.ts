/** How long a plan takes on an ideal fleet, without faults and lost time. Pure. */

import { LAST_PER_LEASE, taskFor } from '../../src/control/encoding/board/last-tasks.ts';
import { videoCost } from '../../src/protocol/encode-cost.ts';
import { planEncode } from '../../src/protocol/plan.ts';
import type { SourceFacts } from '../../src/protocol/source-facts.ts';
import { ENCODER_CORES, PRESET } from './model.ts';

/** The overhead of starting and ending a task, if the next one is not leased ahead. */
const TASK_OVERHEAD_SECONDS = 0.5;

/** `speed` is in core-seconds per second. */
type Encoder = { speed: number; busyUntil: number; asksAt: number };

/**
 * The seconds for all chunks with a board that answers at once and knows all speeds, and encoders that never fail. The
 * heaviest task goes to the first free encoder, and the last tasks to those that the board's rule chooses. If a fleet
 * is slower than this, the board is the cause. If this is slower than an even share, the plan is.
 */
export function planSeconds(facts: SourceFacts, speeds: readonly number[], pace: number): number {
  const fleetCores = ENCODER_CORES * speeds.length;
  const { video, chunks } = planEncode(facts, { preset: PRESET, fleetCores, early: 'off' });
  const waiting = chunks
    .map(({ frameCount }) => ({ weight: videoCost(video, frameCount) }))
    .toSorted((a, b) => b.weight - a.weight);
  const encoders = speeds.map((speed): Encoder => ({ speed: ENCODER_CORES * pace * speed, busyUntil: 0, asksAt: 0 }));
  while (waiting.length > 0) {
    const asker = encoders.reduce((first, other) => (other.asksAt < first.asksAt ? other : first));
    const now = asker.asksAt;
    const others = encoders.filter((encoder) => encoder !== asker && encoder.busyUntil > now);
    const task = waiting.length < LAST_PER_LEASE * others.length ? lastFor(asker, waiting, others) : waiting[0];
    if (task === undefined) {
      // This encoder waits until another one's task ends; that one then asks first.
      asker.asksAt = Math.min(...others.map(({ busyUntil }) => busyUntil));
      asker.busyUntil = 0;
      encoders.push(...encoders.splice(encoders.indexOf(asker), 1));
      continue;
    }
    waiting.splice(waiting.indexOf(task), 1);
    asker.busyUntil = now + task.weight / asker.speed + TASK_OVERHEAD_SECONDS;
    asker.asksAt = asker.busyUntil;
  }
  return Math.max(...encoders.map(({ busyUntil }) => busyUntil));
}

const lastFor = <T extends { weight: number }>(
  asker: Encoder,
  waiting: readonly T[],
  others: readonly Encoder[],
): T | undefined =>
  taskFor(
    asker.speed,
    waiting,
    others.map(({ speed, busyUntil }) => ({ speed, freeInSeconds: busyUntil - asker.asksAt })),
  );
