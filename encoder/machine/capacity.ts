/** How many chunks a machine can encode at once, and what is free for the next. Pure. */

/** One chunk task keeps about two cores busy: decode, scale and several x264 at once (bench/encode). */
const CORES_PER_SLOT = 2;
/** A 1080p ladder at `medium` takes 0.99 GB (measured). The rest is for larger pictures and the tail of another task. */
export const MEMORY_PER_SLOT_BYTES = 1.5 * 1024 ** 3;
/** The share of memory for the programs of all slots. The rest is for Node, page cache and other programs. */
const MEMORY_SHARE = 0.8;
/** The contract's limit, and more than one process can feed. */
const MAX_SLOTS = 64;

export type Readings = {
  /** What the encoder may use on an idle machine. */
  cores: number;
  memoryBytes: number;
  freeMemoryBytes: number;
  /** Share of the machine's CPU that others use, 0–1, smoothed. */
  load: number;
};

type Size = Pick<Readings, 'cores' | 'memoryBytes'>;

/** Slots of an idle machine. */
export function slotsOf({ cores, memoryBytes }: Size): number {
  const byMemory = Math.floor((memoryBytes * MEMORY_SHARE) / MEMORY_PER_SLOT_BYTES);
  return Math.max(1, Math.min(MAX_SLOTS, Math.floor(cores / CORES_PER_SLOT), byMemory));
}

/** Slots now, when `running` are in use. At least one: an encoder that waited for a quiet machine might wait for ever. */
export function slotsNow(readings: Readings, running: number): number {
  const { cores, load, freeMemoryBytes } = readings;
  const byCpu = Math.round((cores * (1 - load)) / CORES_PER_SLOT);
  // Free memory is without that of our running tasks, so it is for further ones.
  const byMemory = running + Math.floor(freeMemoryBytes / MEMORY_PER_SLOT_BYTES);
  return Math.max(1, Math.min(slotsOf(readings), byCpu, byMemory));
}

/** Cores for one more task beside `running` tasks. */
export const freeCores = ({ cores, load }: Readings, running: number): number =>
  Math.max(0, cores * (1 - load) - running * CORES_PER_SLOT);

/** What each of `slots` tasks may use. */
export const shareOf = ({ cores, memoryBytes }: Size, slots: number) => ({
  cores: cores / slots,
  memoryBytes: (memoryBytes * MEMORY_SHARE) / slots,
});
