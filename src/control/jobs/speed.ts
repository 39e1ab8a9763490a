/** How fast a job goes and when it ends, from what is seen of it in passing. Pure: time is passed in. */

/** Encoders report every few seconds: over this long their steps are smooth, and a fleet that grows is soon noticed. */
const SMOOTHING_MS = 20_000;
/** Less than this says more about when somebody looked than about speed. */
const OBSERVED_MS_MIN = 3_000;
/** A job that would take longer stands still. */
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
  /** Grows towards 1 with the time observed: what the first samples weigh is not made up of zeros before them. */
  #weight = 0;

  /** Exponentially weighted rates per second. What seems to go backwards stands still. */
  add(sample: Sample): void {
    const last = this.#last;
    this.#first ??= sample.atMs;
    if (last === undefined || sample.atMs <= last.atMs) {
      this.#last ??= sample;
      return;
    }
    const elapsed = sample.atMs - last.atMs;
    const keep = Math.exp(-elapsed / SMOOTHING_MS);
    for (const key of KEYS) {
      const rate = Math.max(0, sample[key] - last[key]) / (elapsed / 1000);
      this.#rates[key] = this.#rates[key] * keep + rate * (1 - keep);
    }
    this.#weight = this.#weight * keep + (1 - keep);
    this.#last = {
      atMs: sample.atMs,
      progress: Math.max(last.progress, sample.progress),
      frames: Math.max(last.frames, sample.frames),
      seconds: Math.max(last.seconds, sample.seconds),
    };
  }

  speed(): Speed {
    const { progress, atMs } = this.#last ?? { progress: 0, atMs: 0 };
    if (progress >= 1) {
      return { fps: this.#rate('frames'), realtime: this.#rate('seconds'), etaSeconds: 0 };
    }
    if (atMs - (this.#first ?? atMs) < OBSERVED_MS_MIN) {
      return { fps: null, realtime: null, etaSeconds: null };
    }
    const perSecond = this.#rate('progress');
    const eta = perSecond === null ? null : (1 - progress) / perSecond;
    return {
      fps: this.#rate('frames'),
      realtime: this.#rate('seconds'),
      etaSeconds: eta === null || eta > ETA_SECONDS_MAX ? null : eta,
    };
  }

  #rate(key: keyof Rates): number | null {
    return this.#weight === 0 || this.#rates[key] === 0 ? null : this.#rates[key] / this.#weight;
  }
}
