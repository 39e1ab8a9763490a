/** The bucket through R2's S3 API: one client for laptop and production. Writes are conditional; keys are immutable. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AwsClient } from 'aws4fetch';
import { FinalError, retry } from './retry.ts';
import { TaskFailure } from './task-failure.ts';

/** A dropped connection costs at most this much of a download. */
const DOWNLOAD_BLOCK_BYTES = 16 * 1024 * 1024;
const DOWNLOAD_CONCURRENCY = 3;
/** One request, from first to last byte. */
const REQUEST_TIMEOUT_MS = 120_000;

export type StoreOptions = { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string };

export class ObjectStore {
  readonly #client: AwsClient;
  readonly #base: string;

  constructor({ endpoint, bucket, accessKeyId, secretAccessKey }: StoreOptions) {
    // Retries are ours: aws4fetch's own would not see the signal.
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto', retries: 0 });
    this.#base = `${endpoint.replace(/\/+$/, '')}/${bucket}/`;
  }

  /** Size in bytes, or null where there is no such object. */
  async size(key: string, signal: AbortSignal): Promise<number | null> {
    const response = await this.#request(key, { method: 'HEAD' }, [200, 404], signal);
    return response.status === 404 ? null : Number(response.headers.get('content-length'));
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
    const response = await this.#request(key, { method: 'PUT', headers, body: bytes }, [200, 412], signal);
    if (response.status === 200) {
      return true;
    }
    const head = await this.#request(key, { method: 'HEAD' }, [200], signal);
    // An object written by one PUT has its MD5 as ETag.
    const md5 = createHash('md5').update(bytes).digest('hex');
    return head.headers.get('etag')?.replaceAll('"', '') === md5;
  }

  /** Downloads an object of `sizeBytes` to a file, in blocks. */
  async download(key: string, sizeBytes: number, path: string, signal: AbortSignal): Promise<void> {
    const file = await open(path, 'wx');
    try {
      let next = 0;
      const takeBlocks = async (): Promise<void> => {
        while (next < sizeBytes) {
          const start = next;
          next = Math.min(sizeBytes, start + DOWNLOAD_BLOCK_BYTES);
          const block = await this.#block(key, start, next - 1, signal);
          await file.write(block, 0, block.byteLength, start);
        }
      };
      await Promise.all(Array.from({ length: DOWNLOAD_CONCURRENCY }, takeBlocks));
    } finally {
      await file.close();
    }
  }

  async #block(key: string, first: number, last: number, signal: AbortSignal): Promise<Uint8Array> {
    return await retry(
      async () => {
        const response = await this.#request(key, { headers: { range: `bytes=${first}-${last}` } }, [206], signal, 1);
        const block = new Uint8Array(await response.arrayBuffer());
        if (block.byteLength !== last - first + 1) {
          throw new TaskFailure('store_failed', `A read of ${key} was cut short`);
        }
        return block;
      },
      { signal },
    );
  }

  async #request(
    key: string,
    init: RequestInit,
    expected: number[],
    signal: AbortSignal,
    tries?: number,
  ): Promise<Response> {
    const url = this.#base + key.split('/').map(encodeURIComponent).join('/');
    return await retry(
      async () => {
        const request = await this.#client.sign(url, init);
        const limit = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
        const response = await fetch(request, { signal: limit });
        if (expected.includes(response.status)) {
          return response;
        }
        const text = (await response.text()).slice(0, 500);
        const failure = new TaskFailure('store_failed', `The bucket answered ${response.status} for ${key}`, {
          detail: text,
        });
        // 4xx other than "slow down" will be the same next time.
        const passing = response.status >= 500 || response.status === 429 || response.status === 408;
        throw passing ? failure : new FinalError('store', { cause: failure });
      },
      tries === undefined ? { signal } : { signal, tries },
    );
  }
}
