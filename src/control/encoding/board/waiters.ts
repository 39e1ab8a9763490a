/** Encoders that wait for work on an open request, first come, first served. Each is woken once: by work or by its time. */

/** A fleet and its slots; more than that are answered at once, and come back. */
const MAX_WAITERS = 2_000;

export class Waiters {
  readonly #waking = new Set<() => void>();

  get size(): number {
    return this.#waking.size;
  }

  /** Resolves when there may be work, or after `ms`. False at once where too many wait already. */
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

  /** As many as there are tasks for. */
  wake(count: number): void {
    for (const wake of [...this.#waking].slice(0, count)) {
      wake();
    }
  }
}
