/** How long a plan takes on a fleet where nothing goes wrong and no time is lost. Pure. */

import { LAST_PER_LEASE, taskFor } from '../../src/control/encoding/board/last-tasks.ts';
import { videoCost } from '../../src/protocol/encode-cost.ts';
import { planEncode } from '../../src/protocol/plan.ts';
import type { SourceFacts } from '../../src/protocol/source-facts.ts';
import { ENCODER_CORES, PRESET } from './model.ts';

/** What starting and ending a task costs beside its work, where the next is not leased ahead. */
const TASK_OVERHEAD_SECONDS = 0.5;

type Encoder = { /** Core-seconds a second. */ speed: number /** Its task ends. */; busyUntil: number; asksAt: number };

/**
 * Seconds that the chunks would take with a board that answers at once and knows all speeds, and encoders that never
 * fail: the heaviest task goes to whoever is free first, and the last ones to whom the board's rule gives them. What a
 * fleet falls short of this is the board's doing; what this falls short of an even share, the plan's.
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
      // Nothing changes for it before another's task ends, and that one asks first.
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
