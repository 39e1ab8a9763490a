/** A page in Chromium that plays a film and tells when its first frame is shown, and when that after a seek. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { ROOT } from '../../scripts/system.ts';
import { launchChromium } from '../../test/e2e/browser/chromium.ts';

/** Waiting longer means that it does not play. */
const FRAME_MS = 30_000;

/**
 * `requestVideoFrameCallback` is called when a frame is given to the compositor. The video is new each time, so that nothing is
 * left of the one before.
 */
const SCRIPT = `
  const within = (promise, what) => Promise.race([promise, new Promise((_, reject) =>
    setTimeout(() => reject(new Error('no frame: ' + what)), ${FRAME_MS}))]);
  const shown = (video) => new Promise((resolve, reject) => {
    video.requestVideoFrameCallback(() => resolve(performance.now()));
    video.addEventListener('error', () => reject(new Error('media error ' + video.error?.message)));
  });
  const newVideo = () => {
    const video = document.createElement('video');
    video.muted = true;
    document.body.replaceChildren(video);
    return video;
  };
  window.playHls = async (url) => {
    const video = newVideo();
    const started = performance.now();
    const hls = new Hls();
    const failed = new Promise((_, reject) => hls.on(Hls.Events.ERROR, (_event, { fatal, details }) =>
      fatal && reject(new Error(details))));
    const frame = shown(video);
    hls.loadSource(url);
    hls.attachMedia(video);
    video.play().catch(() => {});
    const at = await within(Promise.race([frame, failed]), url);
    hls.destroy();
    return { startMs: at - started, seeksMs: [] };
  };
  window.playFile = async (url, shares) => {
    const video = newVideo();
    const started = performance.now();
    const frame = shown(video);
    video.src = url;
    video.play().catch(() => {});
    const startMs = (await within(frame, url)) - started;
    video.pause();
    const seeksMs = [];
    for (const share of shares) {
      const from = performance.now();
      const next = shown(video);
      video.currentTime = share * video.duration;
      seeksMs.push((await within(next, url + ' at ' + share)) - from);
    }
    video.removeAttribute('src');
    video.load();
    return { startMs, seeksMs };
  };
`;
const PAGE =
  '<!doctype html><title>Play</title><body></body><script src="/hls.js"></script><script src="/page.js"></script>';

const playedSchema = z.object({ startMs: z.number(), seeksMs: z.array(z.number()) });
export type Played = z.infer<typeof playedSchema>;

export type FirstFrames = {
  playHls(url: string): Promise<Played>;
  /** As the video's own file. `shares`: where to seek, of the duration. */
  playFile(url: string, shares: readonly number[]): Promise<Played>;
  close(): Promise<void>;
};

async function servePage(): Promise<{ url: string; close(): void }> {
  const files: Record<string, [type: string, body: string | Uint8Array]> = {
    '/': ['text/html', PAGE],
    '/hls.js': ['text/javascript', readFileSync(join(ROOT, 'node_modules/hls.js/dist/hls.min.js'))],
    '/page.js': ['text/javascript', SCRIPT],
  };
  const server = createServer(({ url = '' }, response) => {
    const [type, body] = files[url] ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

export async function openFirstFrames(): Promise<FirstFrames> {
  const server = await servePage();
  let browser: Browser | null = null;
  try {
    browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: 640, height: 360 } });
    await page.goto(server.url);
    const opened = browser;
    return {
      playHls: async (url) => playedSchema.parse(await page.evaluate(`window.playHls(${JSON.stringify(url)})`)),
      playFile: async (url, shares) =>
        playedSchema.parse(await page.evaluate(`window.playFile(${JSON.stringify(url)}, ${JSON.stringify(shares)})`)),
      async close() {
        await opened.close();
        server.close();
      },
    };
  } catch (error) {
    await browser?.close();
    server.close();
    throw error;
  }
}
