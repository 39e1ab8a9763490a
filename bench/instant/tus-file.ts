/** Uploads a file by tus with nothing between it and the socket, so that the time of the last byte is known. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Agent, request as ask, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Runtime } from '../runtime.ts';
import { originOf } from './film-in-system.ts';

const TUS = { 'tus-resumable': '1.0.0' };
/** As the client sends it (client/upload.ts). */
const BODY_BYTES = 48 * 1024 ** 2;

export type UploadedFile = {
  assetId: string;
  /** By `performance.now`: the last byte was given to the socket; the answer to it was there. */
  sentMs: number;
  acknowledgedMs: number;
};

type Sent = { answer: IncomingMessage; sentMs: number; answeredMs: number };

/** A connection for each request: one that is kept may be closed just when it is used again. */
const agent = new Agent({ keepAlive: false });

function send(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: { path: string; start: number; bytes: number },
): Promise<Sent> {
  const { promise, resolve, reject } = Promise.withResolvers<Sent>();
  let sentMs = 0;
  const length = { 'content-length': String(body?.bytes ?? 0) };
  const request = ask(url, { method, agent, headers: { ...TUS, ...headers, ...length } }, (answer) => {
    const answeredMs = performance.now();
    text(answer).then((problem) => {
      const { statusCode = 0 } = answer;
      statusCode < 300
        ? resolve({ answer, sentMs, answeredMs })
        : reject(new Error(`${method}: ${statusCode} ${problem.slice(0, 500)}`));
    }, reject);
  });
  request.once('error', reject);
  request.once('finish', () => {
    sentMs = performance.now();
  });
  if (body === undefined) {
    request.end();
  } else {
    const { path, start, bytes } = body;
    pipeline(createReadStream(path, { start, end: start + bytes - 1, highWaterMark: 1024 ** 2 }), request).catch(
      reject,
    );
  }
  return promise;
}

const base64 = (value: string): string => Buffer.from(value).toString('base64');

/** The file becomes an asset. */
export async function uploadFilm(runtime: Runtime, path: string): Promise<UploadedFile> {
  const { size } = await stat(path);
  const endpoint = `${originOf(runtime)}/v1/uploads`;
  const created = await send('POST', endpoint, {
    authorization: `Bearer ${runtime.apiToken}`,
    'upload-length': String(size),
    'upload-metadata': `filename ${base64('film.mp4')},asset ${base64('{}')}`,
  });
  const url = new URL(created.answer.headers.location ?? '', endpoint).href;
  for (let start = 0; ; start += BODY_BYTES) {
    const bytes = Math.min(BODY_BYTES, size - start);
    const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(start) };
    const { sentMs, answeredMs, answer } = await send('PATCH', url, headers, { path, start, bytes });
    if (start + bytes === size) {
      return { assetId: await assetOf(url, answer), sentMs, acknowledgedMs: answeredMs };
    }
  }
}

/** Told with the last byte, or a little later. */
async function assetOf(url: string, { headers }: IncomingMessage): Promise<string> {
  const deadlineMs = performance.now() + 60_000;
  let asset = headers['sluice-asset'];
  while (typeof asset !== 'string') {
    if (performance.now() > deadlineMs) {
      throw new Error('the upload has not become an asset');
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    asset = (await send('HEAD', url, {})).answer.headers['sluice-asset'];
  }
  return asset;
}
