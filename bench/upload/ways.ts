/** The ways of bringing one film into the bucket that bench/upload.ts compares. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Runtime } from '../runtime.ts';
import { send } from './send.ts';

/** Brings `length` bytes there in bodies of `bodyBytes`. */
export type Way = (name: string, length: number, bodyBytes: number) => Promise<void>;

const TUS = { 'tus-resumable': '1.0.0' };

export const throughObject =
  (origin: string): Way =>
  async (name, length, bodyBytes) => {
    for (let offset = 0; offset < length; offset += bodyBytes) {
      const url = `${origin}/bench/append?id=${name}&offset=${offset}&length=${length}`;
      const { text } = await send('POST', url, {}, Math.min(bodyBytes, length - offset));
      const result = JSON.parse(text);
      if (result.refused !== undefined || (result.offset === length && !result.isStored)) {
        throw new Error(text);
      }
    }
  };

export const throughMultipart =
  (origin: string): Way =>
  async (name, length, bodyBytes) => {
    const url = `${origin}/bench/multipart?key=${name}`;
    const id = encodeURIComponent(JSON.parse((await send('POST', url, {}, 0)).text));
    const parts: unknown[] = [];
    for (let offset = 0; offset < length; offset += bodyBytes) {
      const { text } = await send(
        'POST',
        `${url}&id=${id}&part=${parts.length + 1}`,
        {},
        Math.min(bodyBytes, length - offset),
      );
      parts.push(...JSON.parse(text));
    }
    await send('POST', `${url}&id=${id}`, {}, JSON.stringify(parts));
  };

export const throughTus =
  (createUrl: string, headers: Readonly<Record<string, string>> = {}): Way =>
  async (_name, length, bodyBytes) => {
    const created = await send('POST', createUrl, { ...TUS, ...headers, 'upload-length': String(length) }, 0);
    const url = new URL(created.headers.location ?? '', createUrl).href;
    for (let offset = 0; offset < length; offset += bodyBytes) {
      const type = { 'content-type': 'application/offset+octet-stream' };
      const patch = { ...TUS, ...type, 'upload-offset': String(offset) };
      await send('PATCH', url, patch, Math.min(bodyBytes, length - offset));
    }
  };

export async function startTusServer(s3: Runtime['s3']): Promise<{ url: string; close(): void }> {
  const file = fileURLToPath(new URL('tus-server.ts', import.meta.url));
  const child = fork(file, { env: { ...process.env, S3: JSON.stringify(s3) } });
  const [url] = await once(child, 'message');
  return { url: String(url), close: () => void child.kill() };
}
