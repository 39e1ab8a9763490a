/** Serves a page that uploads a film with tus-js-client, from another origin than the Worker's, and drives it from Node. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { ROOT } from '../../../scripts/system.ts';

type UploadOptions = { endpoint: string } | { uploadUrl: string };
/** `status`: of the answer that refused it, as the page may read it. */
type Uploaded = { url: string | null; acceptedBytes: number; asset: string | null; status?: number };

export const CHUNK_BYTES = 16 * 1024;

const TUS = readFileSync(`${ROOT}/node_modules/tus-js-client/dist/tus.min.js`);
/** After `stopAt` bytes it sends nothing more, like a page that is about to be closed. */
const SCRIPT = `
  window.upload = async (options, stopAt) => {
    const film = await (await fetch('/film')).blob();
    const seen = { url: null, acceptedBytes: 0, asset: null };
    return await new Promise((resolve) => {
      const upload = new tus.Upload(film, {
        ...options,
        chunkSize: ${CHUNK_BYTES},
        metadata: { filename: 'film.mp4' },
        retryDelays: [0],
        onBeforeRequest() {
          if (seen.acceptedBytes >= stopAt) {
            resolve(seen);
            return new Promise(() => {});
          }
        },
        onAfterResponse: (_request, response) => {
          seen.asset = response.getHeader('Sluice-Asset') ?? seen.asset;
        },
        onChunkComplete: (_bytes, acceptedBytes) => Object.assign(seen, { url: upload.url, acceptedBytes }),
        onSuccess: () => resolve(seen),
        onError: (error) => resolve({ ...seen, status: error.originalResponse?.getStatus() }),
      });
      upload.start();
    });
  };
`;
const PAGE = '<!doctype html><title>Upload</title><script src="/tus.js"></script><script src="/page.js"></script>';

export type UploadPages = {
  origin: string;
  /** In a browser context of its own, which is gone afterwards. */
  upload(options: UploadOptions, stopAt?: number, origin?: string): Promise<Uploaded>;
  close(): void;
};

export async function serveUploadPages(browser: Browser, film: Uint8Array): Promise<UploadPages> {
  const files: Record<string, [type: string, body: string | Uint8Array]> = {
    '/': ['text/html', PAGE],
    '/tus.js': ['text/javascript', TUS],
    '/page.js': ['text/javascript', SCRIPT],
    '/film': ['video/mp4', film],
  };
  const server = createServer(({ url = '' }, response) => {
    const [type, body] = files[url] ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin: own,
    async upload(options, stopAt = Number.MAX_SAFE_INTEGER, origin = own) {
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        await page.goto(origin);
        return await page.evaluate<Uploaded>(`window.upload(${JSON.stringify(options)}, ${stopAt})`);
      } finally {
        await context.close();
      }
    },
    close: () => void server.close(),
  };
}
