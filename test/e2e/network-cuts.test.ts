/**
 * Embedders' players with the helper of docs/guide/players.md, and the watch page, which uses it too: through a cut and an
 * expired session without a stop, and ended at once by what ends a film.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Link } from '../../scripts/sign-link.ts';
import { type LossyProxy, startLossyProxy } from './browser/lossy-proxy.ts';
import { KEPT_PLAYERS, type Snapshot } from './browser/player-driver.ts';
import { openPlayerPage } from './browser/player-page.ts';
import { api, connectBrowser, shared, signLinks } from './browser/shared.ts';

const STEP_MS = 20_000;

const { takenDown } = shared;
let browser: Browser;
let proxy: LossyProxy;
let links: Link;

beforeAll(async () => {
  [browser, proxy, links] = await Promise.all([connectBrowser(), startLossyProxy(shared.url), signLinks(takenDown)]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), proxy?.close()]);
});

/** Whether the helper told these, in this order. */
function told({ changes }: Snapshot, ...expected: string[]): boolean {
  const left = [...expected];
  for (const change of changes) {
    if (change === left[0]) {
      left.shift();
    }
  }
  return left.length === 0;
}

const CUT = 'reconnecting network';
const EXPIRED = 'reconnecting session_expired';

test('players ride out a cut and an expired session, and end at once with a revoked one', async () => {
  const players = await Promise.all(
    KEPT_PLAYERS.map(async (name) => ({ name, page: await openPlayerPage(browser, shared.playerPageUrl) })),
  );
  const all = (what: string, holds: (now: Snapshot) => boolean): Promise<Snapshot[]> =>
    Promise.all(players.map(({ name, page }) => page.until(`${name} ${what}`, holds, STEP_MS)));
  const allFurther = async (what: string, seconds: number): Promise<Snapshot[]> =>
    Promise.all(
      players.map(async ({ name, page }) => {
        const { position } = await page.snapshot();
        return page.until(`${name} ${what}`, (now) => now.position > position + seconds, STEP_MS);
      }),
    );
  try {
    await Promise.all(
      players.map(({ name, page }) => {
        const { pathname } = new URL(name.includes('dash') ? links.dash : links.hls);
        return page.loadKept(name, new URL(pathname, proxy.url).href);
      }),
    );
    // So that the first to notice the cut plays on until the last one has.
    await all('playing, with enough ahead', ({ position, buffered }) => (buffered.at(-1)?.[1] ?? 0) - position > 6);

    proxy.cut();
    await all('reconnecting', (now) => told(now, CUT));
    await allFurther('playing from the buffer', 0.5);
    proxy.mend();
    await all('connected again', (now) => told(now, CUT, 'playing'));

    proxy.expireSessions();
    await all('renewed', (now) => told(now, CUT, EXPIRED, 'playing'));
    for (const { buffered } of await allFurther('playing on', 2)) {
      // Nothing was thrown away to be loaded again.
      expect(buffered).toEqual([[expect.closeTo(0, 1), expect.any(Number)]]);
    }

    const before = await all('there', () => true);
    proxy.republish();
    proxy.expireSessions();
    await all('renewed with another version', (now) => told(now, CUT, EXPIRED, 'playing', EXPIRED, 'playing'));
    const after = await allFurther('playing on again', 0.5);
    // From the place where it was, not from the beginning.
    expect(after.filter(({ position }, index) => position < (before[index]?.position ?? 0))).toEqual([]);

    proxy.revokeSessions();
    for (const end of await all('ended', ({ changes }) => changes.at(-1) === 'ended session_revoked')) {
      expect(end.buffered).toEqual([]);
      expect(new Set(end.changes)).toEqual(new Set(['playing', CUT, EXPIRED, 'ended session_revoked']));
    }
  } finally {
    proxy.mend();
    await Promise.all(players.map(({ page }) => page.close()));
  }
});

test('the watch page plays on through both, and stops at once when the video is taken down', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  const status = page.locator('#now');
  try {
    await page.goto(new URL(new URL(links.watch).pathname, proxy.url).href);
    await untilPlaying(page);
    // More often than once in four seconds.
    await page.evaluate('document.querySelector("video").playbackRate = 2');

    proxy.cut();
    await status.filter({ hasText: /^Playing · \d+p · reconnecting$/ }).waitFor({ timeout: STEP_MS });
    proxy.mend();
    await status.filter({ hasText: /^Playing · \d+p$/ }).waitFor({ timeout: STEP_MS });

    const renewed = page.waitForResponse((response) => response.url().endsWith('main.m3u8'), { timeout: STEP_MS });
    proxy.expireSessions();
    expect((await renewed).status()).toBe(200);
    await page.waitForResponse((response) => /\.m4s$/.test(response.url()) && response.ok(), { timeout: STEP_MS });
    expect(await page.evaluate('document.querySelector("video").paused')).toBe(false);
    expect(await page.locator('#problem').isVisible()).toBe(false);

    await api.call('PATCH /assets/{id}', { path: { id: takenDown.id }, body: { disabled: true } });
    await page.locator('html[data-state="failed"][data-code="asset_disabled"]').waitFor({ timeout: STEP_MS });
    expect(await page.evaluate('document.querySelector("video").buffered.length')).toBe(0);
  } finally {
    proxy.mend();
    await page.close();
  }
});

const untilPlaying = (page: Page): Promise<void> =>
  page.locator('html[data-state="playing"][data-rendition]').waitFor({ timeout: STEP_MS });
