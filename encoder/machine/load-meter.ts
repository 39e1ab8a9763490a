/** How busy the machine is with what is not ours. Pure but for the counters that are handed in. */

/** CPU seconds since some moment long ago; they only grow. */
export type CpuCounters = {
  atSeconds: number;
  /** Of the whole machine. */
  busySeconds: number;
  /** Of this process and all programs that it started. */
  ownSeconds: number;
};

/** Half of what is told is of the last ten seconds: a compiler run counts, a page load does not. */
const HALF_LIFE_SECONDS = 10;
/** Counters tick in hundredths of a second: shorter spans are noise. */
const MIN_SPAN_SECONDS = 0.5;

export class LoadMeter {
  readonly #cores: number;
  readonly #read: () => CpuCounters | null;
  #last: CpuCounters | null;
  #load: number | null = null;

  constructor(cores: number, read: () => CpuCounters | null) {
    this.#cores = cores;
    this.#read = read;
    this.#last = read();
  }

  /** Share of the machine that others use, 0–1; 0 until something is known. Reads the counters when they have moved on. */
  load(): number {
    const now = this.#read();
    const last = this.#last;
    if (now === null || last === null) {
      return this.#load ?? 0;
    }
    const span = now.atSeconds - last.atSeconds;
    if (span < MIN_SPAN_SECONDS) {
      return this.#load ?? 0;
    }
    this.#last = now;
    const others = now.busySeconds - last.busySeconds - (now.ownSeconds - last.ownSeconds);
    const sample = Math.min(1, Math.max(0, others / (span * this.#cores)));
    const weight = this.#load === null ? 1 : 1 - 0.5 ** (span / HALF_LIFE_SECONDS);
    this.#load = (this.#load ?? 0) * (1 - weight) + sample * weight;
    return this.#load;
  }
}
