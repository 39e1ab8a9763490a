/**
 * The bucket as a task may use it, through the Worker, with the grant of its lease: its own source and new objects of its own
 * tracks. An encoder has no keys of the bucket.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { GRANT_HEADER } from '../../src/protocol/tasks.ts';
import { FinalError, type RetryPolicy, retry } from '../failure/retry.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { runTogether } from '../failure/together.ts';

/** A dropped connection costs at most this much of a download. */
const DOWNLOAD_BLOCK_BYTES = 16 * 1024 * 1024;
const DOWNLOAD_CONCURRENCY = 3;
/** One request, from first to last byte. */
const REQUEST_TIMEOUT_MS = 120_000;

/** A task that is held. `grant` gives the newest one: each heartbeat brings another. */
export type TaskAccess = { taskId: string; grant: () => string };

export type StoreOptions = { url: string; token: string; retry?: RetryPolicy };

type Call<T> = {
  init: RequestInit;
  expected: readonly number[];
  /** Reads the whole answer, within the request's time limit. */
  take: (response: Response) => Promise<T>;
};

/** Throws TaskFailure `store_failed` where the bucket cannot be used, or the reason of `signal`. */
export class ObjectStore {
  readonly #base: string;
  readonly #token: string;
  readonly #retry: RetryPolicy;

  constructor({ url, token, retry: policy = {} }: StoreOptions) {
    this.#base = `${url.replace(/\/+$/, '')}/v1/tasks/`;
    this.#token = token;
    this.#retry = policy;
  }

  /** Of the task's source in bytes, or null where there is no such object. */
  async sourceSize(accessOf: () => TaskAccess, signal: AbortSignal): Promise<number | null> {
    const take = async (response: Response): Promise<number | null> => {
      const length = response.headers.get('content-length');
      if (response.status === 200 && length === null) {
        throw new TaskFailure('store_failed', 'The bucket does not tell the size of the source');
      }
      return response.status === 404 ? null : Number(length);
    };
    return await this.#call(accessOf, 'source', { init: { method: 'HEAD' }, expected: [200, 404], take }, signal);
  }

  /**
   * Writes an object of the task that must not exist yet. Where it does, its bytes must be these: then an earlier try of
   * ours, or of another encoder with the same result, has written it. Returns false when they differ.
   */
  async putImmutable(
    access: TaskAccess,
    path: string,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const md5 = createHash('md5').update(bytes).digest('base64');
    const headers = { 'content-md5': md5, 'content-type': 'application/octet-stream' };
    const take = async (response: Response): Promise<boolean> => {
      await response.arrayBuffer();
      return response.status === 204;
    };
    const call = { init: { method: 'PUT', headers, body: bytes }, expected: [204, 409], take };
    return await this.#call(() => access, `objects/${path}`, call, signal);
  }

  /** Downloads a source of `sizeBytes` to a file, in blocks. `accessOf` names a task that holds it, anew for each request. */
  async download(accessOf: () => TaskAccess, sizeBytes: number, path: string, signal: AbortSignal): Promise<void> {
    const file = await open(path, 'wx');
    try {
      let next = 0;
      await runTogether(DOWNLOAD_CONCURRENCY, signal, async (together) => {
        while (next < sizeBytes) {
          const start = next;
          next = Math.min(sizeBytes, start + DOWNLOAD_BLOCK_BYTES);
          const block = await this.#block(accessOf, start, next - 1, together);
          const { bytesWritten } = await file.write(block, 0, block.byteLength, start);
          if (bytesWritten !== block.byteLength) {
            throw new TaskFailure('resource_limit', `The disk took ${bytesWritten} of ${block.byteLength} bytes`);
          }
        }
      });
    } finally {
      await file.close();
    }
  }

  async #block(accessOf: () => TaskAccess, first: number, last: number, signal: AbortSignal): Promise<Uint8Array> {
    const init = { headers: { range: `bytes=${first}-${last}` } };
    const take = async (response: Response): Promise<Uint8Array> => {
      const block = new Uint8Array(await response.arrayBuffer());
      if (block.byteLength !== last - first + 1) {
        throw new TaskFailure('store_failed', 'A read of the source was cut short');
      }
      return block;
    };
    return await this.#call(accessOf, 'source', { init, expected: [206], take }, signal);
  }

  async #call<T>(accessOf: () => TaskAccess, path: string, call: Call<T>, signal: AbortSignal): Promise<T> {
    try {
      return await retry(() => this.#try(accessOf(), path, call, signal), { signal, ...this.#retry });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TaskFailure) {
        throw error;
      }
      // fetch hides the reason (refused, reset, timed out) in the cause.
      const detail = String(error instanceof Error ? (error.cause ?? error) : error);
      throw new TaskFailure('store_failed', `The bucket could not be reached for ${path}`, { detail, cause: error });
    }
  }

  async #try<T>(access: TaskAccess, path: string, { init, expected, take }: Call<T>, signal: AbortSignal): Promise<T> {
    const response = await fetch(`${this.#base}${access.taskId}/${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${this.#token}`, [GRANT_HEADER]: access.grant() },
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    if (expected.includes(response.status)) {
      return await take(response);
    }
    const detail = (await response.text()).slice(0, 500);
    const failure = new TaskFailure('store_failed', `The bucket answered ${response.status} for ${path}`, { detail });
    throw isPassing(response.status) || detail.includes('"request_aborted"')
      ? failure
      : new FinalError('store', { cause: failure });
  }
}

/** 403: a grant that has run out. The next heartbeat brings another, or the loss of the lease, which ends the task. */
const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408 || status === 403;
