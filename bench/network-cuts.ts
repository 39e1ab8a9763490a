/**
 * `npm run bench -- network-cuts`: a 10-minute film on the watch page in Chromium, at its own speed, while the network is
 * cut for 1, 4, 8 or 20 s at random: half of the cuts break off and refuse every connection (a server that is away), half
 * take the browser offline. Seconds played against seconds possible, stops, cards shown. The page buffers 30 s, so no cut
 * need be seen: every second from the first picture on is possible. SECONDS (600) is the film's length, SEED repeats a
 * run, FORMAT is `hls` or `dash`. Ends with 1 where a card was shown or less than 99 % was played.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { signLink } from '../scripts/sign-link.ts';
import { launchChromium } from '../test/e2e/browser/chromium.ts';
import { withSystem } from '../test/system/with-system.ts';
import { holdBound } from './bounds.ts';
import { type FragileProxy, startFragileProxy } from './chaos/fragile-proxy.ts';
import { seededRandom } from './chaos/random.ts';
import { printTable } from './table.ts';

const CUT_SECONDS = [1, 4, 8, 20] as const;
/** From the end of a cut to the next: enough to fill a buffer that the longest one emptied. */
const GAP_SECONDS = { least: 8, most: 25 };
const PLAYED_MIN = 0.99;
const START_MS = 30_000;

const seconds = Math.max(10, Number(process.env['SECONDS'] ?? 600) || 600);
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
const format = process.env['FORMAT'] === 'dash' ? 'dash' : 'hls';

/** Small and slow in pictures: what is measured is the network, and the encode is not to take as long as the film. */
async function makeFilm(path: string): Promise<string> {
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=426x240:rate=12:duration=${seconds}`];
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=220:duration=${seconds}`];
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...picture, ...sound, ...coding, path]);
  return path;
}

/** In the page, each 50 ms since the first picture. A stop is a time in which the position stands, end of film excepted. */
const OBSERVE = `(() => {
  const seen = { wallSeconds: 0, playedSeconds: 0, stops: [], cards: 0, ended: false };
  window.seen = seen;
  let startedAt = null, position = 0, movedAt = 0, wasCard = false;
  setInterval(() => {
    const video = document.querySelector('video');
    const card = document.querySelector('#problem');
    if (!video || seen.ended) return;
    const now = performance.now();
    if (startedAt === null) {
      if (video.currentTime === 0) return;
      startedAt = movedAt = now;
      position = video.currentTime;
    }
    const stoodSeconds = (now - movedAt) / 1000;
    if (video.currentTime > position) {
      if (stoodSeconds > 0.5) seen.stops.push(stoodSeconds);
      seen.playedSeconds += video.currentTime - position;
      movedAt = now;
    }
    position = video.currentTime;
    if (card && !card.hidden && !wasCard) seen.cards += 1;
    wasCard = card ? !card.hidden : false;
    seen.wallSeconds = (now - startedAt) / 1000;
    seen.standsSeconds = stoodSeconds;
    seen.ended = video.ended;
  }, 50);
})()`;

const seenSchema = z.object({
  wallSeconds: z.number(),
  playedSeconds: z.number(),
  stops: z.array(z.number()),
  standsSeconds: z.number().default(0),
  cards: z.number(),
  ended: z.boolean(),
});

const look = async (page: Page) => seenSchema.parse(await page.evaluate('window.seen'));

/** Until the film should be over. Returns how many cuts there were of each length. */
async function cutAtRandom(page: Page, proxy: FragileProxy): Promise<Map<number, number>> {
  const random = seededRandom(seed);
  const cuts = new Map<number, number>(CUT_SECONDS.map((length) => [length, 0]));
  const startedAtMs = performance.now();
  const leftMs = (): number => seconds * 1000 - (performance.now() - startedAtMs);
  while (leftMs() > 0) {
    await pause(Math.min(leftMs(), random.between(GAP_SECONDS.least, GAP_SECONDS.most) * 1000));
    const cutSeconds = random.pick(CUT_SECONDS);
    const isOffline = random.pick([true, false]);
    if (leftMs() < cutSeconds * 1000) {
      break;
    }
    cuts.set(cutSeconds, (cuts.get(cutSeconds) ?? 0) + 1);
    const { wallSeconds, playedSeconds } = await look(page);
    const behind = (wallSeconds - playedSeconds).toFixed(1);
    console.error(
      `${wallSeconds.toFixed(0)} s: ${isOffline ? 'offline' : 'cut'} for ${cutSeconds} s, ${behind} s behind`,
    );
    await page.context().setOffline(isOffline);
    await (isOffline ? pause(cutSeconds * 1000) : proxy.cut(cutSeconds * 1000));
    await page.context().setOffline(false);
  }
  await pause(Math.max(0, leftMs()));
  return cuts;
}

async function measure(folder: string) {
  return withSystem({}, async (system) => {
    const { id } = await system.ingest(await makeFilm(join(folder, 'film.mp4')));
    const { watch } = await signLink(system.api, id, 2 * seconds + 600);
    const proxy = await startFragileProxy(Number(new URL(system.url).port));
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
      await page.addInitScript(OBSERVE);
      await page.goto(`${proxy.url}${new URL(watch).pathname}?format=${format}`);
      await page.locator('html[data-state="playing"]').waitFor({ timeout: START_MS });
      const cuts = await cutAtRandom(page, proxy);
      return { cuts, seen: await look(page) };
    } finally {
      await browser.close();
      await proxy.close();
    }
  });
}

console.error(`seed ${seed}, ${format}, ${seconds} s`);
const folder = await mkdtemp(join(tmpdir(), 'sluice-cuts-'));
try {
  const { cuts, seen } = await measure(folder);
  const stops = seen.ended || seen.standsSeconds < 0.5 ? seen.stops : [...seen.stops, seen.standsSeconds];
  const stoodSeconds = stops.reduce((sum, stop) => sum + stop, 0);
  const lengths = [...cuts].map(([length, count]) => `${count} × ${length} s`).join(', ');
  printTable(
    ['', 'possible s', 'played s', '%', 'stops', 'stood s', 'cards'],
    [
      [
        `${format}, ${lengths}`,
        ...[seen.wallSeconds.toFixed(1), seen.playedSeconds.toFixed(1)],
        ((100 * seen.playedSeconds) / seen.wallSeconds).toFixed(1),
        ...[String(stops.length), stoodSeconds.toFixed(1), String(seen.cards)],
      ],
    ],
  );
  process.exitCode = seen.cards === 0 ? 0 : 1;
  holdBound(seen.playedSeconds >= PLAYED_MIN * seen.wallSeconds);
} finally {
  await rm(folder, { recursive: true, force: true });
}
