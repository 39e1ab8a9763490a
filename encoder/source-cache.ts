/** Sources on local disk, downloaded once per encoder and shared by its tasks; ffmpeg then needs no network at all. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../src/contract/ids.ts';
import type { ObjectStore } from './store.ts';
import { TaskFailure } from './task-failure.ts';

/** Sources kept after their last user is gone: the next chunk of the same film is likely to come at once. */
const IDLE_SOURCES = 2;

type Entry = { path: string; ready: Promise<void>; users: number; usedAt: number };

export class SourceCache {
  readonly #entries = new Map<string, Entry>();
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Ends downloads; a single task's cancellation must not, since others may wait for the same source. */
  readonly #closing = new AbortController();

  constructor(store: ObjectStore, folder: string, maxBytes: number) {
    this.#store = store;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** Calls `use` with the source's local path, which stays there until `use` is done. Throws TaskFailure. */
  async with<T>(key: string, use: (path: string) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? this.#begin(key);
    entry.users += 1;
    try {
      await entry.ready;
      return await use(entry.path);
    } finally {
      entry.users -= 1;
      entry.usedAt = performance.now();
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
    const entry: Entry = { path, ready: this.#fetch(key, path), users: 0, usedAt: performance.now() };
    // A failed download is not remembered: the next attempt tries again.
    entry.ready.catch(() => this.#entries.delete(key));
    this.#entries.set(key, entry);
    return entry;
  }

  async #fetch(key: string, path: string): Promise<void> {
    const sizeBytes = await this.#store.size(key, this.#closing.signal);
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
      await this.#store.download(key, sizeBytes, path, this.#closing.signal);
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
