/** Encoders that wait for work on an open request, first come, first served. */

/** A fleet and its slots. Further encoders are answered at once, and ask again. */
const MAX_WAITERS = 2_000;

export class Waiters {
  readonly #waking = new Set<() => void>();

  /** Resolves when there may be work, or after `ms`; at once, with false, where too many wait already. */
  async wait(ms: number): Promise<boolean> {
    if (this.#waking.size >= MAX_WAITERS) {
      return false;
    }
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waking.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waking.add(wake);
    });
    return true;
  }

  /** `count`: how many tasks there are to do. */
  wake(count: number): void {
    for (const wake of [...this.#waking].slice(0, count)) {
      wake();
    }
  }
}
