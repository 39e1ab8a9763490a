/** Sources on local disk, downloaded once per encoder and shared by its tasks, so that ffmpeg needs no network. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../../src/platform/random-id.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { SourceRoom } from './source-room.ts';
import type { ObjectStore, TaskAccess } from './store.ts';

/** Sources that are kept without a user: the next chunk of the same film is likely to come at once. */
const IDLE_SOURCES = 2;

type HeldSource = {
  path: string;
  /** 0 until there is room for it. */
  sizeBytes: number;
  ready: Promise<void>;
  isReady: boolean;
  /** Ends the download. */
  unwanted: AbortController;
  /** The tasks that use it. The download may go by the grant of any. */
  users: Set<TaskAccess>;
  usedAt: number;
};

export class SourceCache {
  readonly #sources = new Map<string, HeldSource>();
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #room: SourceRoom;
  /** The last request for room. They are served in turn, so that small sources do not keep a large one waiting for ever. */
  #lastInTurn: Promise<void> = Promise.resolve();
  #change = Promise.withResolvers<void>();

  constructor(store: ObjectStore, folder: string, room: SourceRoom) {
    this.#store = store;
    this.#folder = folder;
    this.#room = room;
  }

  /**
   * Calls `use` with the local path of the source of `access`'s task, which stays there until `use` is done. Throws
   * TaskFailure, or the reason of `signal`. An abort ends the download only if no other task waits for it.
   */
  async with<T>(key: string, access: TaskAccess, signal: AbortSignal, use: (path: string) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const source = this.#sources.get(key) ?? this.#begin(key, access);
    source.users.add(access);
    try {
      await untilAborted(source.ready, signal);
      return await use(source.path);
    } finally {
      source.users.delete(access);
      source.usedAt = performance.now();
      if (source.users.size === 0 && !source.isReady) {
        await this.#remove(key, source);
      }
      for (const [idleKey, idle] of this.#idle().slice(IDLE_SOURCES)) {
        await this.#remove(idleKey, idle);
      }
      this.#noteChange();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sources].map(([key, source]) => this.#remove(key, source)));
  }

  #begin(key: string, access: TaskAccess): HeldSource {
    const source: HeldSource = {
      path: join(this.#folder, `source-${randomId(12)}`),
      sizeBytes: 0,
      ready: Promise.resolve(),
      isReady: false,
      unwanted: new AbortController(),
      users: new Set([access]),
      usedAt: performance.now(),
    };
    this.#sources.set(key, source);
    source.ready = this.#fetch(key, source, access)
      .then(
        () => {
          source.isReady = true;
        },
        (error: unknown) => {
          // The next attempt downloads again.
          this.#forget(key, source);
          throw error;
        },
      )
      .finally(() => this.#noteChange());
    return source;
  }

  #forget(key: string, source: HeldSource): void {
    if (this.#sources.get(key) === source) {
      this.#sources.delete(key);
    }
  }

  async #remove(key: string, source: HeldSource): Promise<void> {
    this.#forget(key, source);
    source.unwanted.abort(new Error('nobody waits for this source'));
    await source.ready.catch(() => undefined);
    await rm(source.path, { force: true });
  }

  async #fetch(key: string, source: HeldSource, access: TaskAccess): Promise<void> {
    const { signal } = source.unwanted;
    const accessOf = (): TaskAccess => [...source.users][0] ?? access;
    const sizeBytes = await this.#store.sourceSize(accessOf, signal);
    if (sizeBytes === null) {
      throw new TaskFailure('source_missing', `There is no object ${key}`);
    }
    if (sizeBytes === 0) {
      throw new TaskFailure('source_empty', 'The source has no bytes');
    }
    const { largestBytes } = this.#room;
    if (sizeBytes > largestBytes) {
      const message = `The source has ${sizeBytes} bytes, this encoder takes ${largestBytes}`;
      throw new TaskFailure('source_too_large', message);
    }
    const turn = this.#lastInTurn.then(() => this.#waitForRoom(source, sizeBytes));
    this.#lastInTurn = turn.catch(() => undefined);
    await untilAborted(turn, signal);
    try {
      await this.#store.download(accessOf, sizeBytes, source.path, signal);
    } catch (error) {
      // Before the next in turn measures the disk.
      await rm(source.path, { force: true });
      throw error;
    }
  }

  /**
   * Idle sources make room. If sources in use are in the way, the task waits for them: if it failed, it would be back at
   * this encoder in seconds. Throws TaskFailure `resource_limit` if other files take the disk.
   */
  async #waitForRoom(source: HeldSource, sizeBytes: number): Promise<void> {
    const { signal } = source.unwanted;
    for (;;) {
      signal.throwIfAborted();
      const changed = this.#change.promise;
      const held = [...this.#sources.values()];
      const bytes = sum(held);
      const unwrittenBytes = sum(held.filter((one) => !one.isReady));
      const freeBytes = await this.#room.freeBytes({ bytes, unwrittenBytes });
      if (sizeBytes <= freeBytes) {
        source.sizeBytes = sizeBytes;
        return;
      }
      const isTooMuch = sizeBytes > freeBytes + bytes;
      // What a download has written so far is counted twice, so only its end tells.
      if (isTooMuch && unwrittenBytes === 0) {
        const room = Math.max(0, freeBytes + bytes);
        throw new TaskFailure('resource_limit', `The source has ${sizeBytes} bytes, the disk has room for ${room} now`);
      }
      const oldest = isTooMuch ? undefined : this.#idle().at(-1);
      await (oldest === undefined ? untilAborted(changed, signal) : this.#remove(...oldest));
    }
  }

  #noteChange(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  /** Sources without a user, the last used first. */
  #idle(): [key: string, source: HeldSource][] {
    return [...this.#sources]
      .filter(([, { users, isReady }]) => users.size === 0 && isReady)
      .sort(([, a], [, b]) => b.usedAt - a.usedAt);
  }
}

const sum = (sources: readonly HeldSource[]): number => sources.reduce((total, { sizeBytes }) => total + sizeBytes, 0);

/** `promise`, or the reason of `signal` as soon as it aborts. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
