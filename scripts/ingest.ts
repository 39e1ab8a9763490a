/** Brings a file of this machine into the system: into the bucket over S3, then into the catalog as an asset. */
import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { basename, extname } from 'node:path';
import { AwsClient } from 'aws4fetch';
import type { Api } from '../client/api.ts';
import type { Schemas } from '../client/api-types.ts';
import { cleanLine } from '../src/platform/text.ts';

/** A single PUT up to here: well below R2's 5 GiB, and small enough to send again. */
const SINGLE_PUT_BYTES_MAX = 1024 ** 3;
/** R2 wants parts of equal size, at most 10,000: enough for 1.25 TiB. */
const PART_BYTES = 128 * 1024 ** 2;
/** Bounds one request at 0.3 MB/s per part. */
const PART_TIMEOUT_MS = 10 * 60_000;
const RETRIES = 3;
const FILE_NAME_LENGTH_MAX = 100;
/** What the catalog allows. */
const TITLE_LENGTH_MAX = 200;

export type S3Access = { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string };

export type IngestOptions = { path: string; title?: string; s3: S3Access; api: Api };

/** Resolves once the catalog has accepted the asset; throws, with nothing in the catalog, before that. */
export async function ingestFile({ path, title, s3, api }: IngestOptions): Promise<Schemas['Asset']> {
  const key = `sources/${randomBytes(8).toString('hex')}/${safeFileName(path)}`;
  await upload(await openAsBlob(path), key, s3);
  return api.call('POST /assets', { body: { source: { object: key }, title: title ?? titleOf(path) } });
}

/** A name that needs no escaping in a key or a URL. */
export function safeFileName(path: string): string {
  const name = basename(path)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '');
  // From the end: the ending tells people what it is.
  return name.slice(-FILE_NAME_LENGTH_MAX) || 'source';
}

export function titleOf(path: string): string {
  const name = cleanLine(basename(path, extname(path)))
    .trim()
    .slice(0, TITLE_LENGTH_MAX);
  // The cut may have halved a character.
  return cleanLine(name).trim() || 'Untitled';
}

async function upload(file: Blob, key: string, { endpoint, bucket, accessKeyId, secretAccessKey }: S3Access) {
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto', retries: RETRIES });
  const send = async (method: string, query: string, body?: Blob | string): Promise<Response> => {
    const response = await client.fetch(`${endpoint}/${bucket}/${key}${query}`, {
      method,
      // The body is streamed from the disk, not read twice to be hashed; the loopback loses nothing.
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
    await send('DELETE', `?uploadId=${uploadId}`).catch(() => {}); // R2 drops it by itself after 7 days.
    throw error;
  }
}

/** The text of the one element of this name in an S3 answer. */
function elementOf(name: string, xml: string): string {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  if (text === undefined) {
    throw new Error(`the S3 endpoint answered without ${name}`);
  }
  return text;
}
