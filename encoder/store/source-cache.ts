/**
 * Sources on local disk, downloaded once per encoder and shared by its tasks; ffmpeg then needs no network at all. A
 * download begins when there is room for all of it.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../../src/platform/random-id.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { SourceRoom } from './source-room.ts';
import type { ObjectStore, TaskAccess } from './store.ts';

/** Sources kept after their last user is gone: the next chunk of the same film is likely to come at once. */
const IDLE_SOURCES = 2;

type Entry = {
  path: string;
  /** 0 until there is room for it. */
  sizeBytes: number;
  ready: Promise<void>;
  isReady: boolean;
  /** Ends a download that nobody waits for any more. */
  unwanted: AbortController;
  /** The tasks that use it; the download goes by the grant of any. */
  users: Set<TaskAccess>;
  usedAt: number;
};

export class SourceCache {
  readonly #entries = new Map<string, Entry>();
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #room: SourceRoom;
  /** The last that asked for room: sources get it in turn, so that small ones do not keep a large one waiting for ever. */
  #lastInTurn: Promise<void> = Promise.resolve();
  #change = Promise.withResolvers<void>();
  /** Ends all downloads. */
  readonly #closing = new AbortController();

  constructor(store: ObjectStore, folder: string, room: SourceRoom) {
    this.#store = store;
    this.#folder = folder;
    this.#room = room;
  }

  /**
   * Calls `use` with the source's local path, which stays there until `use` is done. `access` is that of the task whose
   * source `key` is. Throws TaskFailure, or the reason of `signal`: waiting ends then, the download only if no other task
   * waits for it.
   */
  async with<T>(key: string, access: TaskAccess, signal: AbortSignal, use: (path: string) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const entry = this.#entries.get(key) ?? this.#begin(key, access);
    entry.users.add(access);
    try {
      await untilAborted(entry.ready, signal);
      return await use(entry.path);
    } finally {
      entry.users.delete(access);
      entry.usedAt = performance.now();
      if (entry.users.size === 0 && !entry.isReady) {
        await this.#giveUp(key, entry);
      }
      await this.#evict();
      this.#noteChange();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([...this.#entries.values()].map((entry) => entry.ready));
    await Promise.all([...this.#entries.values()].map((entry) => rm(entry.path, { force: true })));
    this.#entries.clear();
  }

  #begin(key: string, access: TaskAccess): Entry {
    const path = join(this.#folder, `source-${randomId(12)}`);
    const unwanted = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, unwanted.signal]);
    const times = { isReady: false, users: new Set([access]), usedAt: performance.now() };
    const entry: Entry = { path, sizeBytes: 0, ready: Promise.resolve(), unwanted, ...times };
    this.#entries.set(key, entry);
    entry.ready = this.#fetch(key, entry, access, signal);
    entry.ready
      .then(
        () => {
          entry.isReady = true;
        },
        // A failed download is not remembered: the next attempt tries again.
        () => this.#forget(key, entry),
      )
      .finally(() => this.#noteChange());
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

  async #fetch(key: string, entry: Entry, access: TaskAccess, signal: AbortSignal): Promise<void> {
    const accessOf = (): TaskAccess => [...entry.users][0] ?? access;
    const sizeBytes = await this.#store.sourceSize(accessOf, signal);
    if (sizeBytes === null) {
      throw new TaskFailure('source_missing', `There is no object ${key}`);
    }
    if (sizeBytes === 0) {
      throw new TaskFailure('source_empty', 'The source has no bytes');
    }
    const { largestBytes } = this.#room;
    if (sizeBytes > largestBytes) {
      throw new TaskFailure(
        'source_too_large',
        `The source has ${sizeBytes} bytes, this encoder takes ${largestBytes}`,
      );
    }
    await this.#takeTurn(() => this.#waitForRoom(entry, sizeBytes, signal));
    try {
      await this.#store.download(accessOf, sizeBytes, entry.path, signal);
    } catch (error) {
      await rm(entry.path, { force: true });
      throw error;
    }
  }

  #takeTurn(use: () => Promise<void>): Promise<void> {
    const turn = this.#lastInTurn.then(use);
    this.#lastInTurn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Idle sources make room. Where those in use are in the way, the task waits for them: failing it would give it back to
   * this encoder in seconds. Throws TaskFailure `resource_limit` where the rest of the disk is.
   */
  async #waitForRoom(entry: Entry, sizeBytes: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const changed = this.#change.promise;
      const held = [...this.#entries.values()];
      const bytes = sum(held);
      const freeBytes = await this.#room.freeBytes({ bytes, unwrittenBytes: sum(held.filter((one) => !one.isReady)) });
      if (sizeBytes <= freeBytes) {
        entry.sizeBytes = sizeBytes;
        return;
      }
      if (sizeBytes > freeBytes + bytes) {
        const room = Math.max(0, freeBytes + bytes);
        throw new TaskFailure('resource_limit', `The source has ${sizeBytes} bytes, the disk has room for ${room} now`);
      }
      const oldest = this.#idle().at(-1);
      await (oldest === undefined ? untilAborted(changed, signal) : this.#remove(...oldest));
    }
  }

  #noteChange(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  /** Those that no task uses, the last used first. */
  #idle(): [key: string, entry: Entry][] {
    return [...this.#entries]
      .filter(([, { users, isReady }]) => users.size === 0 && isReady)
      .sort(([, a], [, b]) => b.usedAt - a.usedAt);
  }

  async #remove(key: string, entry: Entry): Promise<void> {
    this.#forget(key, entry);
    await rm(entry.path, { force: true });
  }

  async #evict(): Promise<void> {
    for (const [key, entry] of this.#idle().slice(IDLE_SOURCES)) {
      await this.#remove(key, entry);
    }
  }
}

const sum = (entries: readonly Entry[]): number => entries.reduce((total, { sizeBytes }) => total + sizeBytes, 0);

/** `promise`, or the reason of `signal` as soon as it aborts. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
