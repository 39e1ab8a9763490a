/** The bucket through R2's S3 API: one client for laptop and production. Writes are conditional; keys are immutable. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AwsClient } from 'aws4fetch';
import { FinalError, type RetryPolicy, retry } from './retry.ts';
import { TaskFailure } from './task-failure.ts';
import { runTogether } from './together.ts';

/** A dropped connection costs at most this much of a download. */
const DOWNLOAD_BLOCK_BYTES = 16 * 1024 * 1024;
const DOWNLOAD_CONCURRENCY = 3;
/** One request, from first to last byte. */
const REQUEST_TIMEOUT_MS = 120_000;

export type StoreOptions = {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  retry?: RetryPolicy;
};

type Call<T> = {
  init: RequestInit;
  expected: readonly number[];
  /** Reads the whole answer, within the request's time limit. */
  take: (response: Response) => Promise<T>;
};

/** Throws TaskFailure `store_failed` where the bucket cannot be used, or the reason of `signal`. */
export class ObjectStore {
  readonly #client: AwsClient;
  readonly #base: string;
  readonly #retry: RetryPolicy;

  constructor({ endpoint, bucket, accessKeyId, secretAccessKey, retry: policy = {} }: StoreOptions) {
    // Retries are ours: aws4fetch's own would not see the signal.
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto', retries: 0 });
    this.#base = `${endpoint.replace(/\/+$/, '')}/${bucket}/`;
    this.#retry = policy;
  }

  /** Size in bytes, or null where there is no such object. */
  async size(key: string, signal: AbortSignal): Promise<number | null> {
    const take = async (response: Response): Promise<number | null> => {
      const length = response.headers.get('content-length');
      if (response.status === 200 && length === null) {
        throw new TaskFailure('store_failed', `The bucket does not tell the size of ${key}`);
      }
      return response.status === 404 ? null : Number(length);
    };
    return await this.#call(key, { init: { method: 'HEAD' }, expected: [200, 404], take }, signal);
  }

  /**
   * Writes an object that must not exist yet. Where it does, its bytes must be these: then an earlier try of ours, or of
   * another encoder with the same result, has written it. Returns false when they differ.
   */
  async putImmutable(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    contentType: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const headers = { 'if-none-match': '*', 'content-type': contentType };
    const init = { method: 'PUT', headers, body: bytes };
    const statusOf = async (response: Response): Promise<number> => {
      await response.arrayBuffer();
      return response.status;
    };
    const status = await this.#call(key, { init, expected: [200, 412], take: statusOf }, signal);
    if (status === 200) {
      return true;
    }
    const etagOf = async (response: Response): Promise<string | null> => response.headers.get('etag');
    const etag = await this.#call(key, { init: { method: 'HEAD' }, expected: [200], take: etagOf }, signal);
    // An object written by one PUT has its MD5 as ETag.
    const md5 = createHash('md5').update(bytes).digest('hex');
    return etag?.replaceAll('"', '') === md5;
  }

  /** Downloads an object of `sizeBytes` to a file, in blocks. */
  async download(key: string, sizeBytes: number, path: string, signal: AbortSignal): Promise<void> {
    const file = await open(path, 'wx');
    try {
      let next = 0;
      await runTogether(DOWNLOAD_CONCURRENCY, signal, async (together) => {
        while (next < sizeBytes) {
          const start = next;
          next = Math.min(sizeBytes, start + DOWNLOAD_BLOCK_BYTES);
          const block = await this.#block(key, start, next - 1, together);
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

  async #block(key: string, first: number, last: number, signal: AbortSignal): Promise<Uint8Array> {
    const init = { headers: { range: `bytes=${first}-${last}` } };
    const take = async (response: Response): Promise<Uint8Array> => {
      const block = new Uint8Array(await response.arrayBuffer());
      if (block.byteLength !== last - first + 1) {
        throw new TaskFailure('store_failed', `A read of ${key} was cut short`);
      }
      return block;
    };
    return await this.#call(key, { init, expected: [206], take }, signal);
  }

  async #call<T>(key: string, call: Call<T>, signal: AbortSignal): Promise<T> {
    try {
      return await retry(() => this.#try(key, call, signal), { signal, ...this.#retry });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TaskFailure) {
        throw error;
      }
      // fetch hides the reason (refused, reset, timed out) in the cause.
      const detail = String(error instanceof Error ? (error.cause ?? error) : error);
      throw new TaskFailure('store_failed', `The bucket could not be reached for ${key}`, { detail, cause: error });
    }
  }

  async #try<T>(key: string, { init, expected, take }: Call<T>, signal: AbortSignal): Promise<T> {
    const request = await this.#client.sign(this.#base + key.split('/').map(encodeURIComponent).join('/'), init);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    const response = await fetch(request, { signal: limit });
    if (expected.includes(response.status)) {
      return await take(response);
    }
    const failure = new TaskFailure('store_failed', `The bucket answered ${response.status} for ${key}`, {
      detail: s3Reason(await response.text()),
    });
    // 4xx other than "slow down" will be the same next time.
    const passing = response.status >= 500 || response.status === 429 || response.status === 408;
    throw passing ? failure : new FinalError('store', { cause: failure });
  }
}

/** Code and message of an S3 error. The rest of such a document tells key ids and what was signed: not for a job's report. */
function s3Reason(xml: string): string {
  const [code, message] = ['Code', 'Message'].map((name) => new RegExp(`<${name}>([^<]{0,300})`).exec(xml)?.[1]);
  return [code, message].filter((part) => part !== undefined).join(': ');
}
