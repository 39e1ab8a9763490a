/** Ingests a file: uploads it to the bucket over S3, then creates an asset for it. */
import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { basename, extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import type { Api } from '../client/api.ts';
import type { Schemas } from '../client/api-types.ts';
import { cleanLine } from '../src/platform/text.ts';

/** Up to this size a file is sent in one PUT: well below R2's 5 GiB, and small enough to retry. */
const SINGLE_PUT_BYTES_MAX = 1024 ** 3;
/** R2 takes at most 10,000 parts, all of the same size: enough for 1.25 TiB. */
const PART_BYTES = 128 * 1024 ** 2;
/** A part at 0.2 MB/s takes this long. */
const PART_TIMEOUT_MS = 10 * 60_000;
const RETRIES = 3;
const FILE_NAME_LENGTH_MAX = 100;
/** The catalog's limit. */
const TITLE_LENGTH_MAX = 200;

export type S3Access = { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string };

export type IngestOptions = { path: string; title?: string; s3: S3Access; api: Api };

/** Resolves once the asset exists. When it throws, there is no asset. */
export async function ingestFile({ path, title, s3, api }: IngestOptions): Promise<Schemas['Asset']> {
  const key = `sources/${randomBytes(8).toString('hex')}/${safeFileName(path)}`;
  await upload(await openAsBlob(path), key, s3);
  return api.call('POST /assets', { body: { source: { object: key }, title: title ?? titleOf(path) } });
}

/** Polls an asset until it is ready. Throws when it has failed or the deadline has passed. */
export async function untilReady(
  readAsset: () => Promise<{ status: string; error?: unknown }>,
  { pollMs, deadlineMs }: { pollMs: number; deadlineMs: number },
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (let asset = await readAsset(); asset.status !== 'ready'; asset = await readAsset()) {
    if (asset.status === 'failed' || performance.now() > deadline) {
      throw new Error(`the asset is ${asset.status}, not ready: ${JSON.stringify(asset.error)}`);
    }
    await sleep(pollMs);
  }
}

/** A name that needs no escaping in a key or a URL. */
export function safeFileName(path: string): string {
  const name = basename(path)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '');
  // Cut at the front, to keep the file extension.
  return name.slice(-FILE_NAME_LENGTH_MAX) || 'source';
}

export function titleOf(path: string): string {
  const name = cleanLine(basename(path, extname(path)))
    .trim()
    .slice(0, TITLE_LENGTH_MAX);
  // The cut may have split a surrogate pair.
  return cleanLine(name).trim() || 'Untitled';
}

async function upload(file: Blob, key: string, { endpoint, bucket, accessKeyId, secretAccessKey }: S3Access) {
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto', retries: RETRIES });
  const send = async (method: string, query: string, body?: Blob | string): Promise<Response> => {
    const response = await client.fetch(`${endpoint}/${bucket}/${key}${query}`, {
      method,
      // Not hashed, so that the file is read once. The loopback interface does not corrupt it.
      headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(PART_TIMEOUT_MS),
    });
    if (!response.ok) {
      throw new Error(`${method} ${key}: ${response.status} ${(await response.text()).slice(0, 500)}`);
    }
    return response;
  };
  if (file.size <= SINGLE_PUT_BYTES_MAX) {
    await send('PUT', '', file);
    return;
  }
  const uploadId = encodeURIComponent(elementOf('UploadId', await (await send('POST', '?uploads', '')).text()));
  try {
    const parts: string[] = [];
    for (let start = 0; start < file.size; start += PART_BYTES) {
      const number = parts.length + 1;
      const part = file.slice(start, start + PART_BYTES);
      const etag = (await send('PUT', `?partNumber=${number}&uploadId=${uploadId}`, part)).headers.get('etag');
      parts.push(`<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
    }
    const list = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
    await send('POST', `?uploadId=${uploadId}`, list);
  } catch (error) {
    await send('DELETE', `?uploadId=${uploadId}`).catch(() => {}); // R2 itself aborts it after 7 days.
    throw error;
  }
}

/** The text of an element in an S3 answer. */
function elementOf(name: string, xml: string): string {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  if (text === undefined) {
    throw new Error(`the answer of the S3 endpoint has no ${name}`);
  }
  return text;
}
