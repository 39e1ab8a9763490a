/**
 * Stores batches that arrive close together as one row. The first ones are stored at once. Only where many come do they
 * wait for each other, at most PAUSE_MS: rows are what counting costs.
 */

/** Four rows a second, which is what a busy counter costs; its live numbers are a quarter of a second later. */
const PAUSE_MS = 250;
/** Rows at once after a quiet time. */
const BURST = 32;
/** A row holds 2 MB; with the last batch (MAX_BATCH_BYTES) it stays below. */
const MAX_ROW_BYTES = 1024 * 1024;

type Waiting<T, R> = { item: T; resolve: (result: R) => void; reject: (error: unknown) => void };

export class CommitQueue<T, R> {
  readonly #commit: (items: T[]) => R[];
  #waiting: Waiting<T, R>[] = [];
  #bytes = 0;
  #credit = BURST;
  #creditMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `commit`: synchronous, one result for each item. If it throws, all that wait are refused. */
  constructor(commit: (items: T[]) => R[]) {
    this.#commit = commit;
  }

  /** Settles when the item is committed. */
  add(item: T, bytes: number, nowMs: number): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.#waiting.push({ item, resolve, reject });
    this.#bytes += bytes;
    this.#credit = Math.min(BURST, this.#credit + Math.max(0, nowMs - this.#creditMs) / PAUSE_MS);
    this.#creditMs = nowMs;
    if (this.#bytes >= MAX_ROW_BYTES || (this.#timer === null && this.#credit >= 1)) {
      this.#credit = Math.max(0, this.#credit - 1);
      this.flush();
    } else {
      this.#timer ??= setTimeout(() => this.flush(), PAUSE_MS);
    }
    return promise;
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (waiting.length === 0) {
      return;
    }
    try {
      const results = this.#commit(waiting.map(({ item }) => item));
      for (const [index, { resolve }] of waiting.entries()) {
        resolve(results[index] as R);
      }
    } catch (error) {
      for (const { reject } of waiting) {
        reject(error);
      }
    }
  }
}
