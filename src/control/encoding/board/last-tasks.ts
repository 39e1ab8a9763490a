/**
 * Which encoder does a job's last tasks: the one that finishes them first, not the one that asks first. A slow encoder that
 * takes one of them delays the whole film, while a fast one that is still busy would begin it later and end it sooner. Each
 * task in turn is assigned, on paper, to the slot that finishes it first (earliest-finish-time list scheduling: Topcuoglu,
 * Hariri, Wu, 2002). The asker gets the first task that is assigned to it, if there is one. Pure.
 */

/** Fewer tasks than this for each chunk lease are the last ones. The fastest encoders do about four while the slowest does one. */
export const LAST_PER_LEASE = 2;

/** A place to encode chunks: an encoder has one or more, and a lease occupies one. `speed`: core-seconds a second. */
export type Slot = { freeInSeconds: number; speed: number };

const finishOf = ({ freeInSeconds, speed }: Slot, weight: number): number => freeInSeconds + weight / speed;

/** The slot that finishes a task of this weight first; of several, the first in the list. */
export function firstToFinish<S extends Slot>(slots: readonly [S, ...S[]], weight: number): S {
  return slots.reduce((first, slot) => (finishOf(slot, weight) < finishOf(first, weight) ? slot : first));
}

/**
 * The task of `waiting`, which is in the order of handing out, that an asker of this speed is to do now. Undefined where the
 * `others`, busy as they are, finish all of them sooner. At equal times the asker gets the task.
 */
export function taskFor<T extends { weight: number }>(
  askerSpeed: number,
  waiting: readonly T[],
  others: readonly Slot[],
): T | undefined {
  const asker: Slot = { freeInSeconds: 0, speed: askerSpeed };
  const slots: [Slot, ...Slot[]] = [asker, ...others.map((slot) => ({ ...slot }))];
  for (const task of waiting) {
    const slot = firstToFinish(slots, task.weight);
    if (slot === asker) {
      return task;
    }
    slot.freeInSeconds = finishOf(slot, task.weight);
  }
  return undefined;
}
