/** The cores of a modelled encoder. Loads that run at the same time share them. */
import { ENCODER_CORES, type Timeline } from './model.ts';

export type Clock = {
  /** Model seconds since the start. */
  now: () => number;
  /** Converts model seconds to real milliseconds. */
  realMs: (modelSeconds: number) => number;
};

/** How often ffmpeg reports its progress, in real time: the lease loop checks it five times per second. */
const TICK_MS = 400;
/** Core-seconds that may be left due to rounding. */
const EPSILON = 1e-6;

export type Load = {
  coreSeconds: number;
  /** A chunk is heavy: it uses all cores that inspection and sound, with one thread each, leave. */
  isHeavy: boolean;
  signal: AbortSignal;
  onShare?: (share: number) => void;
};

type Running = Load & { left: number; resolve: () => void };

export class Machine {
  readonly #clock: Clock;
  /** The core-seconds that one core does per second. */
  readonly #pace: number;
  readonly #running = new Set<Running>();
  readonly #busy: { from: number; to: number; cores: number }[] = [];
  #at: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(pace: number, clock: Clock) {
    this.#clock = clock;
    this.#pace = pace;
    this.#at = clock.now();
  }

  get busy(): Timeline['busy'] {
    return this.#busy;
  }

  /** Resolves when the load is done. Rejects with the reason of `signal` if that aborts first. */
  run(load: Load): Promise<void> {
    return new Promise((resolve, reject) => {
      load.signal.throwIfAborted();
      this.#advance();
      const running: Running = {
        ...load,
        left: load.coreSeconds,
        resolve: () => {
          load.signal.removeEventListener('abort', stop);
          resolve();
        },
      };
      const stop = (): void => {
        this.#advance();
        this.#running.delete(running);
        this.#plan();
        reject(load.signal.reason);
      };
      load.signal.addEventListener('abort', stop, { once: true });
      this.#running.add(running);
      this.#plan();
    });
  }

  #coresOf({ isHeavy }: Load): number {
    const light = [...this.#running].filter((other) => !other.isHeavy).length;
    const heavy = this.#running.size - light;
    const forLight = Math.min(light, heavy === 0 ? ENCODER_CORES : ENCODER_CORES - 1);
    return isHeavy ? (ENCODER_CORES - forLight) / heavy : forLight / light;
  }

  /** Accounts for the work since the last call. */
  #advance(): void {
    const now = this.#clock.now();
    const seconds = now - this.#at;
    let cores = 0;
    for (const running of this.#running) {
      const own = this.#coresOf(running);
      cores += own;
      running.left -= own * this.#pace * seconds;
    }
    if (cores > 0 && seconds > 0) {
      const last = this.#busy.at(-1);
      if (last !== undefined && last.cores === cores && last.to === this.#at) {
        last.to = now;
      } else {
        this.#busy.push({ from: this.#at, to: now, cores });
      }
    }
    this.#at = now;
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#running.size === 0) {
      return;
    }
    const next = Math.min(...[...this.#running].map((running) => running.left / (this.#coresOf(running) * this.#pace)));
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.min(TICK_MS, this.#clock.realMs(next))));
  }

  #tick(): void {
    this.#advance();
    for (const running of [...this.#running]) {
      running.onShare?.(Math.min(1, Math.max(0, 1 - running.left / running.coreSeconds)));
      if (running.left <= EPSILON) {
        this.#running.delete(running);
        running.resolve();
      }
    }
    this.#plan();
  }
}
