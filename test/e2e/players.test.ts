/**
 * Real players in a real browser, from a signed link of the running system: each starts, plays, seeks, switches
 * renditions and ends without an error and without a gap.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Link } from '../../scripts/sign-link.ts';
import { PLAYERS, type Range, type Snapshot } from './browser/player-driver.ts';
import { openPlayerPage, type PlayerPage } from './browser/player-page.ts';
import { connectBrowser, shared, signLinks } from './browser/shared.ts';

/** Of either film that may be the shared one (test/system/films.ts). */
const FRAME_SECONDS = 1 / 24;
const PLAY_SECONDS = 8;
/** Anything that only needs bytes from loopback and a decoder, on a loaded machine. */
const STEP_MS = 20_000;
/** Native playback holds some 20 s and cannot be told to hold more: the whole film shows only while it is played. */
const FAST_RATE = 4;
/** Of the page's only thread, over the end of the film. */
const BUSY_MS = 400;
/** Shown frames lag the clock by up to one frame, plus one of the compositor; anything systematic would come on top. */
const DRIFT_SECONDS_MAX = 3 * FRAME_SECONDS;

let browser: Browser;
let links: Link;

beforeAll(async () => {
  [browser, links] = await Promise.all([connectBrowser(), signLinks(shared.film)]);
});

afterAll(() => browser?.close());

describe.concurrent.each(PLAYERS)('%s', (name) => {
  test('starts, plays, seeks, switches and ends', async () => {
    const page = await openPlayerPage(browser, shared.playerPageUrl);
    try {
      await page.load(name, name.endsWith('dash') || name === 'dash.js' ? links.dash : links.hls);
      await playFor(page, PLAY_SECONDS);
      const { duration } = await page.snapshot();
      await seekTo(page, duration * 0.6);
      // Back to where there is film enough for two switches: hls.js lets what is under way play out first.
      await seekTo(page, duration * 0.2);
      const heights = await page.heights();
      const [lowest, highest] = [heights.at(0), heights.at(-1)];
      if (lowest === undefined || highest === undefined) {
        expect(name).toBe('native-hls');
      } else {
        expect(lowest).toBeLessThan(highest);
        await switchTo(page, lowest);
        await switchTo(page, highest);
      }
      expectWhole(name === 'native-hls' ? await playThrough(page) : await bufferThrough(page), duration);
      await seekTo(page, duration - 3);
      await page.until('near the end', ({ position }) => position > duration - BUSY_MS / 1_000, STEP_MS);
      // Then a player's timers may see the end before the element's event tells it.
      await page.keepBusy(BUSY_MS);
      const end = await page.until('ended', ({ ended }) => ended, STEP_MS);
      expect(Math.abs(end.position - duration)).toBeLessThan(FRAME_SECONDS);
      expect(end.audioBytes).toBeGreaterThan(0);
      expect(end.errors).toEqual([]);
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
    }
  });
});

/** Plays on from here for so much media time, sound and picture together. */
async function playFor(page: PlayerPage, seconds: number): Promise<void> {
  const before = await page.snapshot();
  const after = await page.until(
    `${seconds} s further`,
    ({ position }) => position >= before.position + seconds,
    seconds * 1_000 + STEP_MS,
  );
  expect(after.audioBytes).toBeGreaterThan(before.audioBytes);
  expect(after.decodedFrames).toBeGreaterThan(before.decodedFrames);
  const drifts = after.drifts.slice(before.drifts.length);
  expect(Math.abs(median(drifts))).toBeLessThan(DRIFT_SECONDS_MAX);
}

/** Seeks, and waits until it plays there. */
async function seekTo(page: PlayerPage, seconds: number): Promise<void> {
  await page.seek(seconds);
  await page.until(
    `playing at ${seconds}`,
    ({ seeking, position }) => !seeking && position > seconds + 0.5 && position < seconds + STEP_MS / 1_000,
    STEP_MS,
  );
}

/** Asks for a rendition, and waits until its picture is on the screen and goes on. */
async function switchTo(page: PlayerPage, height: number): Promise<void> {
  await page.choose(height);
  const { position } = await page.until(`at ${height}p`, (now) => now.height === height, STEP_MS);
  await page.until('playing on', (now) => now.position > position + 0.5, STEP_MS);
}

/** Waits until the player has fetched the film from end to end. From 0: who has seeked has holes behind. */
async function bufferThrough(page: PlayerPage): Promise<Snapshot> {
  await seekTo(page, 0);
  return page.until('buffered whole', ({ buffered, duration }) => isWhole(buffered, duration), STEP_MS);
}

/** Plays the film from end to end, fast, and takes all ranges that there ever were for one. */
async function playThrough(page: PlayerPage): Promise<Snapshot> {
  await page.setRate(FAST_RATE);
  await page.seek(0);
  const end = await page.until('ended', ({ ended }) => ended, 2 * STEP_MS);
  await page.setRate(1);
  return { ...end, buffered: end.everBuffered };
}

const isWhole = (ranges: readonly Range[], duration: number): boolean =>
  ranges.length > 0 && Math.max(...gapsOf(ranges, duration)) <= FRAME_SECONDS;

/** Seconds missing before, between and after the ranges. */
const gapsOf = (ranges: readonly Range[], duration: number): number[] =>
  [...ranges, [duration, duration] as const].map(([start], index) => start - (ranges[index - 1]?.[1] ?? 0));

function expectWhole({ buffered, tracks }: Snapshot, duration: number): void {
  expect(Math.max(...gapsOf(buffered, duration))).toBeLessThanOrEqual(FRAME_SECONDS);
  for (const ranges of Object.values(tracks).filter(({ length }) => length > 0)) {
    // Sound and picture begin together: no B-frame shift, no priming.
    expect(Math.abs(ranges[0]?.[0] ?? 1)).toBeLessThanOrEqual(0.001);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
