/** An upload by tus-js-client through a network that cuts. */
import { createHash } from 'node:crypto';
import { Upload } from 'tus-js-client';
import type { Runtime } from '../runtime.ts';
import { type CutOptions, startCuttingProxy } from './cutting-proxy.ts';

export type CutUpload = { cuts: number; resentBytes: number; isEqual: boolean; seconds: number };

/** Shorter than any person would wait for; many cuts are to fit into a run. So many in a row without a byte of progress. */
const RETRY_DELAYS = Array.from({ length: 20 }, () => 100);

const BODY_BYTES = 48 * 1024 ** 2;

export async function uploadThroughCuts(
  { urlOf, apiToken }: Runtime,
  film: Buffer,
  options: CutOptions,
): Promise<CutUpload> {
  const origin = urlOf('sluice');
  const proxy = await startCuttingProxy(Number(new URL(origin).port), options);
  const started = performance.now();
  try {
    const upload = await new Promise<Upload>((resolve, reject) => {
      const begun: Upload = new Upload(film, {
        endpoint: `${proxy.url}/v1/uploads`,
        headers: { authorization: `Bearer ${apiToken}` },
        metadata: { filename: 'film.mp4' },
        chunkSize: BODY_BYTES,
        retryDelays: RETRY_DELAYS,
        onError: reject,
        onSuccess: () => resolve(begun),
      });
      begun.start();
    });
    const id = new URL(upload.url ?? '').pathname.split('/').at(-1)?.slice(0, 16);
    const response = await fetch(`${origin}/bench/sha256?prefix=sources/${id}/`);
    return {
      cuts: proxy.cuts(),
      // With the heads of requests, some hundred bytes for each.
      resentBytes: proxy.bytesFromClient() - film.length,
      isEqual: (await response.text()) === createHash('sha256').update(film).digest('hex'),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    proxy.close();
  }
}
