/**
 * Who is to do the last tasks: not whoever asks first, but whoever will have done them first. A slow encoder that takes one
 * of the last ones keeps the whole film waiting, while a fast one that is still busy would have begun it later and ended
 * it sooner. Each task in turn is given, on paper, to the slot that finishes it first (earliest-finish-time list
 * scheduling: Topcuoglu, Hariri, Wu, 2002); the asker gets what that gives it, and nothing where that gives it nothing. Pure.
 */

/** Fewer tasks than this for each chunk lease are the last ones: the fastest encoders do about four while the slowest does one. */
export const LAST_PER_LEASE = 2;

/** One place to encode chunks at: an encoder has one or more, and a lease occupies one. Speed: core-seconds a second. */
export type Slot = { freeInSeconds: number; speed: number };

const finishOf = ({ freeInSeconds, speed }: Slot, weight: number): number => freeInSeconds + weight / speed;

/** The slot that will have done a task of this weight first; of several, the first in the list. */
export function firstToFinish<S extends Slot>(slots: readonly [S, ...S[]], weight: number): S {
  return slots.reduce((first, slot) => (finishOf(slot, weight) < finishOf(first, weight) ? slot : first));
}

/**
 * The one of `waiting`, which is in the order of handing out, that an asker of this speed is to do now; undefined where the
 * `others`, busy as they are, will have done all of them sooner. Where in doubt, by equal times, the asker has it.
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
