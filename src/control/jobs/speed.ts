/** Estimates how fast a job goes and when it ends, from samples of its progress. Pure: time is passed in. */

/** Encoders report every few seconds: this smooths their steps, and still follows a fleet that grows. */
const SMOOTHING_MS = 20_000;
/** A shorter time measures the moments of the samples rather than the speed. */
const OBSERVED_MS_MIN = 3_000;
/** A job that would take longer counts as standing still. */
const ETA_SECONDS_MAX = 30 * 86_400;

export type Sample = {
  atMs: number;
  /** Of the job, 0–1. */
  progress: number;
  frames: number;
  /** Of film. */
  seconds: number;
};

/** Null: not known yet, or nothing moves. */
export type Speed = { fps: number | null; realtime: number | null; etaSeconds: number | null };

type Rates = { progress: number; frames: number; seconds: number };
const KEYS = ['progress', 'frames', 'seconds'] as const;

export class SpeedEstimator {
  #first: number | undefined;
  #last: Sample | undefined;
  readonly #rates: Rates = { progress: 0, frames: 0, seconds: 0 };
  /** Grows towards 1 with the time observed. Rates are divided by it, or the zeros that they begin with would count. */
  #weight = 0;

  /** Exponentially weighted rates per second. A value that falls counts as standing still. */
  add(sample: Sample): void {
    this.#first ??= sample.atMs;
    this.#last ??= sample;
    const last = this.#last;
    const elapsed = sample.atMs - last.atMs;
    if (elapsed <= 0) {
      return;
    }
    const keep = Math.exp(-elapsed / SMOOTHING_MS);
    const next = { ...sample };
    for (const key of KEYS) {
      next[key] = Math.max(last[key], sample[key]);
      const rate = (next[key] - last[key]) / (elapsed / 1000);
      this.#rates[key] = this.#rates[key] * keep + rate * (1 - keep);
    }
    this.#weight = this.#weight * keep + (1 - keep);
    this.#last = next;
  }

  speed(): Speed {
    const { progress, atMs } = this.#last ?? { progress: 0, atMs: 0 };
    if (progress < 1 && atMs - (this.#first ?? atMs) < OBSERVED_MS_MIN) {
      return { fps: null, realtime: null, etaSeconds: null };
    }
    const eta = progress >= 1 ? 0 : (1 - progress) / (this.#rate('progress') ?? 0);
    const etaSeconds = eta > ETA_SECONDS_MAX ? null : eta;
    return { fps: this.#rate('frames'), realtime: this.#rate('seconds'), etaSeconds };
  }

  #rate(key: keyof Rates): number | null {
    return this.#weight === 0 || this.#rates[key] === 0 ? null : this.#rates[key] / this.#weight;
  }
}
