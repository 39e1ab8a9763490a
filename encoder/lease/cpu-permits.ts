/** Limits how many tasks keep the CPU busy at once. Permits are given in the order of asking. */

export class CpuPermits {
  /** Read again at each hand-out, because it changes with the machine's load. */
  readonly #capacity: () => number;
  readonly #queue: (() => void)[] = [];
  #taken = 0;

  constructor(capacity: () => number) {
    this.#capacity = capacity;
  }

  /** Calls `use` with a permit. Throws the reason of `signal` if it aborts while waiting. */
  async use<T>(signal: AbortSignal, use: () => Promise<T>): Promise<T> {
    await this.#take(signal);
    try {
      return await use();
    } finally {
      this.#taken -= 1;
      this.#handOut();
    }
  }

  #take(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const admit = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#queue.splice(this.#queue.indexOf(admit), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#queue.push(admit);
      this.#handOut();
    });
  }

  #handOut(): void {
    while (this.#queue.length > 0 && this.#taken < Math.max(1, this.#capacity())) {
      this.#taken += 1;
      this.#queue.shift()?.();
    }
  }
}
