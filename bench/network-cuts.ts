/**
 * `npm run bench -- network-cuts`: plays a 10-minute film on the watch page in Chromium, while the network is cut for
 * 1, 4, 8 or 20 s at random. Half of the cuts reset and refuse all connections, like a server that is down; the others
 * take the browser offline. Measures the seconds played, stalls and error cards. The page buffers 30 s, so no cut needs
 * to be noticed: every second after the first frame can be played. SECONDS (600) is the length of the film, SEED
 * repeats a run, FORMAT is `hls` or `dash`. Exits with 1 if a card was shown or less than 99 % was played.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { signLink } from '../scripts/sign-link.ts';
import { launchChromium } from '../test/e2e/browser/chromium.ts';
import { withSystem } from '../test/system/with-system.ts';
import { holdBound } from './bounds.ts';
import { type FragileProxy, startFragileProxy } from './chaos/fragile-proxy.ts';
import { ffmpeg } from './ffmpeg.ts';
import { numberOf, seedOf, sum } from './numbers.ts';
import { Random } from './random.ts';
import { printTable } from './table.ts';

const CUT_SECONDS = [1, 4, 8, 20] as const;
/** Between two cuts: enough to refill a buffer that the longest cut has emptied. */
const GAP_SECONDS = { least: 8, most: 25 };
const PLAYED_MIN = 0.99;
const START_MS = 30_000;

const seconds = Math.max(10, numberOf('SECONDS', 600));
const seed = seedOf();
const format = process.env['FORMAT'] === 'dash' ? 'dash' : 'hls';

/** Small, with few frames per second, so that encoding takes much less time than playing. */
async function makeFilm(path: string): Promise<string> {
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=426x240:rate=12:duration=${seconds}`];
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=220:duration=${seconds}`];
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  await ffmpeg('-v', 'error', ...picture, ...sound, ...coding, path);
  return path;
}

/** Runs in the page every 50 ms after the first frame. A stall is a time in which the position does not advance. */
const OBSERVE = `(() => {
  const seen = { wallSeconds: 0, playedSeconds: 0, stalls: [], cards: 0, ended: false };
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
    const stalledSeconds = (now - movedAt) / 1000;
    if (video.currentTime > position) {
      if (stalledSeconds > 0.5) seen.stalls.push(stalledSeconds);
      seen.playedSeconds += video.currentTime - position;
      movedAt = now;
    }
    position = video.currentTime;
    if (card && !card.hidden && !wasCard) seen.cards += 1;
    wasCard = card ? !card.hidden : false;
    seen.wallSeconds = (now - startedAt) / 1000;
    seen.stalledSeconds = stalledSeconds;
    seen.ended = video.ended;
  }, 50);
})()`;

const seenSchema = z.object({
  wallSeconds: z.number(),
  playedSeconds: z.number(),
  stalls: z.array(z.number()),
  /** How long it has been stalled now. */
  stalledSeconds: z.number().default(0),
  cards: z.number(),
  ended: z.boolean(),
});

const look = async (page: Page) => seenSchema.parse(await page.evaluate('window.seen'));

/** Cuts the network until the film should be over. Returns the number of cuts of each length. */
async function cutAtRandom(page: Page, proxy: FragileProxy): Promise<Map<number, number>> {
  const random = new Random(seed);
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
      `${wallSeconds.toFixed(0)} s: ${isOffline ? 'browser offline' : 'connections cut'} for ${cutSeconds} s; playback is ${behind} s behind`,
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
  const stalls = seen.ended || seen.stalledSeconds < 0.5 ? seen.stalls : [...seen.stalls, seen.stalledSeconds];
  const lengths = [...cuts].map(([length, count]) => `${count} × ${length} s`).join(', ');
  printTable(
    ['', 'possible s', 'played s', '% played', 'stalls', 'stalled s', 'error cards'],
    [
      [
        `${format}, ${lengths}`,
        ...[seen.wallSeconds.toFixed(1), seen.playedSeconds.toFixed(1)],
        ((100 * seen.playedSeconds) / seen.wallSeconds).toFixed(1),
        ...[String(stalls.length), sum(stalls).toFixed(1), String(seen.cards)],
      ],
    ],
  );
  process.exitCode = seen.cards === 0 ? 0 : 1;
  holdBound(seen.playedSeconds >= PLAYED_MIN * seen.wallSeconds);
} finally {
  await rm(folder, { recursive: true, force: true });
}
