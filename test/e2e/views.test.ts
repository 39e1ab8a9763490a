/**
 * Views as people make them and look at them: a real player on the watch page, the live numbers beside it and on the
 * statistics page, and the retention curve against the browser's own log of what was fetched.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type FetchLog, logFetches } from './browser/fetch-log.ts';
import { firstShownAfterSegment, watchNumbers } from './browser/live-number.ts';
import { type LossyProxy, startLossyProxy } from './browser/lossy-proxy.ts';
import { api, connectBrowser, shared, signLinks } from './browser/shared.ts';

const STEP_MS = 20_000;
const POLL_MS = 100;
/** What is promised of live numbers. */
const LIVE_MS_MAX = 2_000;
const SEGMENTS = 15;
const WATCHED_SECONDS = 10;
const SEEK_SECONDS = 54;
/** The player fetches by position: faster playback is the same watching in less time. */
const FAST_RATE = 4;

const { clip } = shared;
let browser: Browser;
let proxy: LossyProxy;
let context: BrowserContext;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-views-'));
  [browser, proxy] = await Promise.all([connectBrowser(), startLossyProxy(shared.url)]);
  // A headless browser says that it is one, and is a bot then.
  context = await browser.newContext({
    userAgent: await plainUserAgent(browser),
    viewport: { width: 1280, height: 800 },
  });
});

afterAll(async () => {
  await Promise.all([browser?.close(), proxy?.close()]);
  await rm(folder, { recursive: true, force: true });
});

test('watch, reload, seek, finish: two views, live at once, and a curve that fits what was fetched', async () => {
  const { watch } = await signLinks(clip);
  const statistics = await openStatistics(shared.apiToken);
  await statistics.locator('#live-views', { hasText: /^0$/ }).waitFor({ timeout: STEP_MS });
  await statistics.locator('#series-empty', { hasText: 'Nothing was watched' }).waitFor({ timeout: STEP_MS });
  await statistics.locator('#retention-empty').waitFor({ timeout: STEP_MS });
  expect(await statistics.locator('.plot:visible').count()).toBe(0);

  const page = await context.newPage();
  const fetches = logFetches(page, proxy);
  const numbers = await watchNumbers(page, '#audience-views');
  const statisticsNumbers = await watchNumbers(statistics, '#live-views');
  await page.goto(new URL(new URL(watch).pathname, proxy.url).href);
  await playTo(page, WATCHED_SECONDS);
  await page.locator('#audience-views', { hasText: /^1 view$/ }).waitFor({ timeout: STEP_MS });
  const late = [
    await firstShownAfterSegment(page, numbers, '1 view'),
    await firstShownAfterSegment(page, statisticsNumbers, '1'),
  ];

  await page.reload();
  await playTo(page, 1);
  await page.locator('#audience-views', { hasText: /^2 views$/ }).waitFor({ timeout: STEP_MS });
  await statistics.locator('#live-views', { hasText: /^2$/ }).waitFor({ timeout: STEP_MS });
  late.push(
    await firstShownAfterSegment(page, numbers, '2 views'),
    await firstShownAfterSegment(page, statisticsNumbers, '2'),
  );
  await page.evaluate(`document.querySelector('video').currentTime = ${SEEK_SECONDS}`);
  await page.locator('html[data-state="ended"]').waitFor({ timeout: STEP_MS });

  console.log(`from the first segment to the number: ${late.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
  expect(Math.max(...late)).toBeLessThanOrEqual(LIVE_MS_MAX);
  await expectCurveOf(fetches);
  expect(await readViews()).toMatchObject({ views: 2, viewers: 2 });
  await Promise.all([page.close(), statistics.close()]);
});

test('the statistics page shows what the API tells, as pictures, tables and files', async () => {
  const told = await readViews();
  const { curve } = await readRetention();
  const complaints: string[] = [];
  const page = await openStatistics(shared.apiToken, complaints);
  await page.locator('h1', { hasText: /^Numbers$/ }).waitFor({ timeout: STEP_MS });
  await page.locator('#live-views', { hasText: new RegExp(`^${told.views}$`) }).waitFor({ timeout: STEP_MS });
  expect(await page.locator('#live-minutes').textContent()).toBe(told.minutes.toFixed(1));

  await page.locator('#retention-table summary').click();
  const rows = page.locator('#retention-table tbody tr');
  await rows.nth(curve.length - 1).waitFor({ timeout: STEP_MS });
  expect(await rows.locator('td:nth-child(3)').allTextContents()).toEqual(
    curve.map(({ sessions }) => String(sessions)),
  );
  expect(await page.locator('.empty:visible').count()).toBe(0);
  const slider = page.getByRole('slider', { name: /Share of sessions/ });
  await slider.focus();
  await slider.press('Home');
  expect(await slider.getAttribute('aria-valuetext')).toMatch(/^0:00 · \d+% · /);

  await page.locator('#ranges input[value="day"]').check();
  await page.locator('#splits input[value="device"]').check();
  await page.locator('#legend', { hasText: 'Desktop' }).waitFor({ timeout: STEP_MS });
  const saved = page.waitForEvent('download', { timeout: STEP_MS });
  await page.locator('#download-csv').click();
  const file = await saved;
  const path = join(folder, 'views.csv');
  await file.saveAs(path);
  expect(file.suggestedFilename()).toBe(`views-${clip.id}-day-device.csv`);
  const [head, row] = (await readFile(path, 'utf8')).split('\r\n');
  expect([head, row]).toEqual(['start,device,views,minutes', expect.stringMatching(/T00:00:00\.000Z,desktop,2,/)]);

  expect(complaints).toEqual([]);
  const response = await fetch(`${shared.url}/stats/${clip.id}`);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  expect(page.url()).not.toContain(shared.apiToken);
  expect(await page.evaluate('[localStorage.length, document.cookie]')).toEqual([0, '']);
  await page.reload();
  await page.locator('html[data-state="ready"]').waitFor({ timeout: STEP_MS });
  await page.locator('#sign-out').click();
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  await page.close();
});

test('a wrong token and an unknown asset are told as such', async () => {
  const page = await openStatistics('not-the-token');
  const problem = page.locator('#token-problem', { hasText: 'Missing or invalid bearer token' });
  await problem.waitFor({ timeout: STEP_MS });
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  await page.close();

  const other = await openStatistics(shared.apiToken, [], 'nosuchasset');
  await other.locator('html[data-state="failed"]').waitFor({ timeout: STEP_MS });
  expect(await other.getByRole('alert').allTextContents()).toContainEqual(expect.stringContaining('Asset not found'));
  await other.close();
});

async function openStatistics(token: string, complaints: string[] = [], id = clip.id): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${shared.url}/stats/${id}`);
  await page.getByLabel('API token').fill(token);
  await page.getByRole('button', { name: 'Show' }).click();
  return page;
}

/** Plays fast from wherever it is. */
async function playTo(page: Page, seconds: number): Promise<void> {
  await page.locator('html[data-state="playing"]').waitFor({ timeout: STEP_MS });
  await page.evaluate(`document.querySelector('video').playbackRate = ${FAST_RATE}`);
  const deadline = Date.now() + STEP_MS;
  while (z.number().parse(await page.evaluate(`document.querySelector('video').currentTime`)) < seconds) {
    expect(Date.now()).toBeLessThan(deadline);
    await pause(POLL_MS);
  }
}

/**
 * A request that the player gave up half-way may or may not have been answered before: it may count, and need not. All
 * others count, once per session.
 */
async function expectCurveOf(fetches: FetchLog): Promise<void> {
  const numbers = Array.from({ length: SEGMENTS }, (_, index) => index + 1);
  const sessionsWith = (of: FetchLog['finished']) =>
    numbers.map((number) => [...of.values()].filter((segments) => segments.has(number)).length);
  const least = sessionsWith(fetches.finished);
  const most = sessionsWith(fetches.asked);
  const isFit = (counts: readonly number[]): boolean =>
    counts.length === SEGMENTS && counts.every((n, index) => n >= (least[index] ?? 0) && n <= (most[index] ?? 0));

  const deadline = Date.now() + STEP_MS;
  let counts: number[] = [];
  do {
    await pause(POLL_MS);
    counts = (await readRetention()).curve.map(({ sessions }) => sessions);
  } while (!isFit(counts) && Date.now() < deadline);
  console.log(`sessions per segment: counted ${counts.join(' ')}, fetched ${least.join(' ')}, asked ${most.join(' ')}`);
  expect(fetches.asked.size).toBe(2);
  expect(isFit(counts), JSON.stringify({ counts, least, most })).toBe(true);
  // Not flat: the first session left before the end, the second leapt over the middle.
  expect(new Set(least).size).toBeGreaterThan(1);
  expect(most[0]).toBe(2);
}

const asset = { path: { id: clip.id } };
const readViews = () => api.call('GET /assets/{id}/views', asset);
const readRetention = () => api.call('GET /assets/{id}/retention', asset);

async function plainUserAgent(of: Browser): Promise<string> {
  const page = await of.newPage();
  const userAgent = z.string().parse(await page.evaluate('navigator.userAgent'));
  await page.close();
  return userAgent.replace('HeadlessChrome', 'Chrome');
}
