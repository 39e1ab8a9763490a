/** A task's access to the bucket through the Worker: with its lease's grant it reads its source and writes new objects. */
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

/** `grant` returns the newest grant, since each heartbeat may bring another. */
export type TaskAccess = { taskId: string; grant: () => string };

type BucketCall<T> = {
  init: RequestInit;
  expected: readonly number[];
  /** Reads the whole response, within the request's time limit. */
  take: (response: Response) => Promise<T>;
};

/** Its calls throw TaskFailure `store_failed`, or the reason of `signal`. */
export class ObjectStore {
  readonly #base: string;
  readonly #token: string;
  readonly #retry: RetryPolicy;

  constructor({ url, token, retry: policy = {} }: { url: string; token: string; retry?: RetryPolicy }) {
    this.#base = `${url.replace(/\/+$/, '')}/v1/tasks/`;
    this.#token = token;
    this.#retry = policy;
  }

  /** In bytes; null if the source does not exist. */
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
   * Writes a new object of the task. If it exists with the same bytes, an earlier try or another encoder has written it.
   * Returns false if it exists with other bytes.
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

  /** Downloads a source to a file, in blocks. Each request asks `accessOf` for a task that holds the source. */
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

  async #call<T>(accessOf: () => TaskAccess, path: string, call: BucketCall<T>, signal: AbortSignal): Promise<T> {
    const attempt = async (): Promise<T> => {
      const access = accessOf();
      const response = await fetch(`${this.#base}${access.taskId}/${path}`, {
        ...call.init,
        headers: { ...call.init.headers, authorization: `Bearer ${this.#token}`, [GRANT_HEADER]: access.grant() },
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      });
      if (call.expected.includes(response.status)) {
        return await call.take(response);
      }
      const detail = (await response.text()).slice(0, 500);
      const failure = new TaskFailure('store_failed', `The bucket answered ${response.status} for ${path}`, { detail });
      // 403: the grant has expired. The next heartbeat brings another, or the loss of the lease, which ends the task.
      const mayPass = response.status >= 500 || [403, 408, 429].includes(response.status);
      throw mayPass || detail.includes('"request_aborted"') ? failure : new FinalError('store', { cause: failure });
    };
    try {
      return await retry(attempt, { signal, ...this.#retry });
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
}
