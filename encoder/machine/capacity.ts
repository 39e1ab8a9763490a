/** How many chunks at a time a machine has room for, and what is free for the next. Pure: readings in, numbers out. */

/** One chunk task keeps about two cores busy (decode, scale and several x264 at once); see bench/encode. */
const CORES_PER_SLOT = 2;
/** A 1080p ladder at `medium` was seen at 0.99 GB; half as much again for larger pictures and the tail of another task. */
export const MEMORY_PER_SLOT_BYTES = 1.5 * 1024 ** 3;
/** Of the machine's memory, for the programs of all slots together; the rest is for Node, page cache and neighbours. */
const MEMORY_SHARE = 0.8;
/** The contract's, and more than one process can feed. */
const MAX_SLOTS = 64;

export type Readings = {
  /** What we may use when nobody else does anything. */
  cores: number;
  memoryBytes: number;
  freeMemoryBytes: number;
  /** Share of the machine's CPU that others use, 0–1, smoothed. */
  load: number;
};

/** Slots of the machine when it is ours alone. */
export const slotsOf = ({ cores, memoryBytes }: Pick<Readings, 'cores' | 'memoryBytes'>): number =>
  Math.max(
    1,
    Math.min(
      MAX_SLOTS,
      Math.floor(cores / CORES_PER_SLOT),
      Math.floor((memoryBytes * MEMORY_SHARE) / MEMORY_PER_SLOT_BYTES),
    ),
  );

/**
 * Slots now, `running` of them in use: what others use of CPU and memory is not ours to take. Never less than one: an
 * encoder that waited for a quiet machine might wait for ever, and a slow chunk is better than none.
 */
export function slotsNow(readings: Readings, running: number): number {
  const { cores, load, freeMemoryBytes } = readings;
  const byCpu = Math.round((cores * (1 - load)) / CORES_PER_SLOT);
  // Memory of our own running tasks is in use already, so what is free is for further ones.
  const byMemory = running + Math.floor(freeMemoryBytes / MEMORY_PER_SLOT_BYTES);
  return Math.max(1, Math.min(slotsOf(readings), byCpu, byMemory));
}

/** Cores that one more task would find, beside `running` of ours; those that it would replace count as free. */
export const freeCores = ({ cores, load }: Readings, running: number): number =>
  Math.max(0, cores * (1 - load) - running * CORES_PER_SLOT);

/** What each of `slots` tasks may use. */
export const shareOf = ({ cores, memoryBytes }: Pick<Readings, 'cores' | 'memoryBytes'>, slots: number) => ({
  cores: cores / slots,
  memoryBytes: (memoryBytes * MEMORY_SHARE) / slots,
});
