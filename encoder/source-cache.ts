/** Sources on local disk, downloaded once per encoder and shared by its tasks; ffmpeg then needs no network at all. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../src/contract/ids.ts';
import type { ObjectStore } from './store.ts';
import { TaskFailure } from './task-failure.ts';

/** Sources kept after their last user is gone: the next chunk of the same film is likely to come at once. */
const IDLE_SOURCES = 2;

type Entry = {
  path: string;
  ready: Promise<void>;
  isReady: boolean;
  /** Ends a download that nobody waits for any more. */
  unwanted: AbortController;
  users: number;
  usedAt: number;
};

export class SourceCache {
  readonly #entries = new Map<string, Entry>();
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Ends all downloads. */
  readonly #closing = new AbortController();

  constructor(store: ObjectStore, folder: string, maxBytes: number) {
    this.#store = store;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /**
   * Calls `use` with the source's local path, which stays there until `use` is done. Throws TaskFailure, or the reason of
   * `signal`: waiting ends then, the download only if no other task waits for it.
   */
  async with<T>(key: string, signal: AbortSignal, use: (path: string) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const entry = this.#entries.get(key) ?? this.#begin(key);
    entry.users += 1;
    try {
      await untilAborted(entry.ready, signal);
      return await use(entry.path);
    } finally {
      entry.users -= 1;
      entry.usedAt = performance.now();
      if (entry.users === 0 && !entry.isReady) {
        await this.#giveUp(key, entry);
      }
      await this.#evict();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([...this.#entries.values()].map((entry) => entry.ready));
    await Promise.all([...this.#entries.values()].map((entry) => rm(entry.path, { force: true })));
    this.#entries.clear();
  }

  #begin(key: string): Entry {
    const path = join(this.#folder, `source-${randomId(12)}`);
    const unwanted = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, unwanted.signal]);
    const ready = this.#fetch(key, path, signal);
    const entry: Entry = { path, ready, isReady: false, unwanted, users: 0, usedAt: performance.now() };
    ready.then(
      () => {
        entry.isReady = true;
      },
      // A failed download is not remembered: the next attempt tries again.
      () => this.#forget(key, entry),
    );
    this.#entries.set(key, entry);
    return entry;
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) {
      this.#entries.delete(key);
    }
  }

  async #giveUp(key: string, entry: Entry): Promise<void> {
    this.#forget(key, entry);
    entry.unwanted.abort(new Error('nobody waits for this source'));
    await entry.ready.catch(() => undefined);
    await rm(entry.path, { force: true });
  }

  async #fetch(key: string, path: string, signal: AbortSignal): Promise<void> {
    const sizeBytes = await this.#store.size(key, signal);
    if (sizeBytes === null) {
      throw new TaskFailure('source_missing', `There is no object ${key}`);
    }
    if (sizeBytes === 0) {
      throw new TaskFailure('source_empty', 'The source has no bytes');
    }
    if (sizeBytes > this.#maxBytes) {
      throw new TaskFailure(
        'source_too_large',
        `The source has ${sizeBytes} bytes, this encoder takes ${this.#maxBytes}`,
      );
    }
    try {
      await this.#store.download(key, sizeBytes, path, signal);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  async #evict(): Promise<void> {
    const idle = [...this.#entries]
      .filter(([, entry]) => entry.users === 0)
      .sort(([, a], [, b]) => b.usedAt - a.usedAt);
    for (const [key, entry] of idle.slice(IDLE_SOURCES)) {
      this.#entries.delete(key);
      await rm(entry.path, { force: true });
    }
  }
}

/** `promise`, or the reason of `signal` as soon as it aborts. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
