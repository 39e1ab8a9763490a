/**
 * Sources on local disk, downloaded once per encoder and shared by its tasks, so that ffmpeg needs no network. A source that
 * has to be remuxed is kept as its copy.
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../../src/platform/random-id.ts';
import type { Remux } from '../../src/protocol/source-facts.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { SourceRoom } from './source-room.ts';
import type { ObjectStore, TaskAccess } from './store.ts';

/** Sources that are kept without a user: the next chunk of the same film is likely to come at once. */
const IDLE_SOURCES = 2;

/** A remuxed copy has about the size of its source; small packets of sound have more overhead in some formats. */
const COPY_SHARE = 1.1;

export type SourceRef = { key: string; remux?: Remux | undefined };
/** Writes the copy of a source (encoder/media/remux.ts). */
export type RemuxFile = (path: string, remux: Remux, copyPath: string, signal: AbortSignal) => Promise<void>;

type HeldSource = {
  ref: SourceRef;
  path: string;
  /** 0 until there is room for it. While it is remuxed, with the file that it is made from. */
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
  readonly #remux: RemuxFile;
  /** The last request for room. They are served in turn, so that small sources do not keep a large one waiting for ever. */
  #lastInTurn: Promise<void> = Promise.resolve();
  #change = Promise.withResolvers<void>();

  constructor(store: ObjectStore, folder: string, room: SourceRoom, remux: RemuxFile) {
    this.#store = store;
    this.#folder = folder;
    this.#room = room;
    this.#remux = remux;
  }

  /**
   * Calls `use` with the local path of the source of `access`'s task, which stays there until `use` is done. Throws
   * TaskFailure, or the reason of `signal`. An abort ends the download only if no other task waits for it.
   */
  async with<T>(
    ref: SourceRef,
    access: TaskAccess,
    signal: AbortSignal,
    use: (path: string) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const key = cacheKey(ref);
    const source = this.#sources.get(key) ?? this.#begin(ref, access);
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

  #begin(ref: SourceRef, access: TaskAccess): HeldSource {
    const key = cacheKey(ref);
    const source: HeldSource = {
      ref,
      path: join(this.#folder, `source-${randomId(12)}${ref.remux === undefined ? '' : '.nut'}`),
      sizeBytes: 0,
      ready: Promise.resolve(),
      isReady: false,
      unwanted: new AbortController(),
      users: new Set([access]),
      usedAt: performance.now(),
    };
    this.#sources.set(key, source);
    source.ready = this.#make(source, access)
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

  async #make(source: HeldSource, access: TaskAccess): Promise<void> {
    const { ref, unwanted } = source;
    const sizeBytes = this.#rawOf(ref)?.sizeBytes ?? (await this.#sizeOf(source, access));
    const copyBytes = ref.remux === undefined ? 0 : Math.ceil(sizeBytes * COPY_SHARE);
    const { largestBytes } = this.#room;
    if (sizeBytes + copyBytes > largestBytes) {
      const needs = copyBytes === 0 ? '' : ` and needs ${copyBytes} more for a copy`;
      const message = `The source has ${sizeBytes} bytes${needs}, this encoder takes ${largestBytes}`;
      throw new TaskFailure('source_too_large', message);
    }
    const turn = this.#lastInTurn.then(() => this.#waitForRoom(source, access, sizeBytes, copyBytes));
    this.#lastInTurn = turn.then(
      () => undefined,
      () => undefined,
    );
    const raw = await untilAborted(turn, unwanted.signal);
    if (ref.remux === undefined) {
      await this.#download(source, access, sizeBytes, source.path);
      return;
    }
    try {
      await this.#copy(source, access, sizeBytes, ref.remux, raw);
    } finally {
      await this.#letGo(raw, access);
    }
  }

  async #sizeOf(source: HeldSource, access: TaskAccess): Promise<number> {
    const sizeBytes = await this.#store.sourceSize(accessOf(source, access), source.unwanted.signal);
    if (sizeBytes === null) {
      throw new TaskFailure('source_missing', `There is no object ${source.ref.key}`);
    }
    if (sizeBytes === 0) {
      throw new TaskFailure('source_empty', 'The source has no bytes');
    }
    return sizeBytes;
  }

  async #download(source: HeldSource, access: TaskAccess, sizeBytes: number, path: string): Promise<void> {
    try {
      await this.#store.download(accessOf(source, access), sizeBytes, path, source.unwanted.signal);
    } catch (error) {
      // Before the next in turn measures the disk.
      await rm(path, { force: true });
      throw error;
    }
  }

  /** The file that `inspect` has read is there when the copy is asked for. */
  #rawOf({ key, remux }: SourceRef): HeldSource | undefined {
    const raw = remux === undefined ? undefined : this.#sources.get(key);
    return raw?.isReady ? raw : undefined;
  }

  /** Nothing reads it any more: the copy takes its place. */
  async #letGo(raw: HeldSource | undefined, access: TaskAccess): Promise<void> {
    raw?.users.delete(access);
    if (raw?.users.size === 0) {
      await this.#remove(raw.ref.key, raw);
    }
  }

  async #copy(source: HeldSource, access: TaskAccess, sizeBytes: number, remux: Remux, raw: HeldSource | undefined) {
    const { path, unwanted } = source;
    const rawPath = raw?.path ?? `${path}-raw`;
    try {
      if (raw === undefined) {
        await this.#download(source, access, sizeBytes, rawPath);
      }
      await this.#remux(rawPath, remux, path, unwanted.signal);
      source.sizeBytes = (await stat(path)).size;
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      if (raw === undefined) {
        await rm(rawPath, { force: true });
      }
    }
  }

  /**
   * Idle sources make room. If sources in use are in the way, the task waits for them: if it failed, it would be back at
   * this encoder in seconds. Throws TaskFailure `resource_limit` if other files take the disk.
   *
   * A source and its copy get their room in one piece: two tasks that each held one file and waited for another's room would
   * wait for ever. Returns the source that the copy is made from if it is here; it is then in use.
   */
  async #waitForRoom(
    source: HeldSource,
    access: TaskAccess,
    sizeBytes: number,
    copyBytes: number,
  ): Promise<HeldSource | undefined> {
    const { signal } = source.unwanted;
    for (;;) {
      signal.throwIfAborted();
      const changed = this.#change.promise;
      const held = [...this.#sources.values()];
      const bytes = sum(held);
      const unwrittenBytes = sum(held.filter((one) => !one.isReady));
      const freeBytes = await this.#room.freeBytes({ bytes, unwrittenBytes });
      const raw = this.#rawOf(source.ref);
      const neededBytes = copyBytes + (raw === undefined ? sizeBytes : 0);
      if (neededBytes <= freeBytes) {
        source.sizeBytes = neededBytes;
        raw?.users.add(access);
        return raw;
      }
      const isTooMuch = sizeBytes + copyBytes > freeBytes + bytes;
      // What a download has written so far is counted twice, so only its end tells.
      if (isTooMuch && unwrittenBytes === 0) {
        const room = Math.max(0, freeBytes + bytes);
        const message = `The source needs ${sizeBytes + copyBytes} bytes, the disk has room for ${room} now`;
        throw new TaskFailure('resource_limit', message);
      }
      const oldest = isTooMuch ? undefined : this.#idle().findLast(([, idle]) => idle !== raw);
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

const cacheKey = ({ key, remux }: SourceRef): string => (remux === undefined ? key : `${key} ${JSON.stringify(remux)}`);

/** A download goes on by the grant of any task that waits for it. */
const accessOf =
  ({ users }: HeldSource, first: TaskAccess) =>
  (): TaskAccess =>
    [...users][0] ?? first;

const sum = (sources: readonly HeldSource[]): number => sources.reduce((total, { sizeBytes }) => total + sizeBytes, 0);

/** `promise`, or the reason of `signal` as soon as it aborts. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
