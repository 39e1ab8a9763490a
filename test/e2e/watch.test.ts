/** The watch page as a person meets it: both formats, the pickers, the reason of a refusal. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Link } from '../../scripts/sign-link.ts';
import { connectBrowser, shared, signLinks } from './browser/shared.ts';
import {
  attribute,
  keepPicture,
  openSettings,
  position,
  STEP_MS,
  stat,
  until,
  untilPosition,
  untilState,
  visit,
} from './browser/watch-page.ts';

const FORMATS = ['hls', 'dash'] as const;

let browser: Browser;
let links: Link;

beforeAll(async () => {
  [browser, links] = await Promise.all([connectBrowser(), signLinks(shared.film)]);
});

afterAll(() => browser?.close());

test.concurrent.each(FORMATS)('plays %s and shows what it plays', async (format) => {
  await visit(browser, `${links.watch}?format=${format}`, async (page, complaints) => {
    await untilState(page, 'playing');
    await untilPosition(page, 2);
    expect(await attribute(page, 'data-format')).toBe(format);
    const [width, height] = (await attribute(page, 'data-rendition')).split('x');
    expect(await stat(page, 'rendition')).toBe(`${width} × ${height}`);
    expect(await stat(page, 'codec')).toMatch(/^H\.264 High \d\.\d$/);
    // What players know of it differs between the formats.
    const bitRate = await stat(page, 'bit-rate');
    expect(bitRate).toMatch(/^[\d.]+ [kM]b\/s, peak [\d.]+ [kM]b\/s$/);
    expect(await page.locator(`#renditions label[data-value="${height}"]`).textContent()).toBe(`${height}p${bitRate}`);
    expect(await page.title()).toBe(`${shared.film.title} · Sluice`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(shared.film.title);
    expect(Number.parseFloat(await stat(page, 'buffer'))).toBeGreaterThan(1);
    expect(await stat(page, 'frames')).toMatch(/^\d+ of [1-9]\d*$/);
    expect(await page.locator('#now').textContent()).toBe(`Playing · ${height}p`);
    await keepPicture(page, `watch-${format}`);
    expect(complaints).toEqual([]);
  });
});

test.concurrent('holds the chosen rendition and the position when the format changes', async () => {
  await visit(browser, links.watch, async (page, complaints) => {
    await untilState(page, 'playing');
    await untilPosition(page, 2);
    await openSettings(page);
    await page.getByText('Quality').click();
    const lowest = page.locator('#renditions input').last();
    await lowest.check();
    const height = await lowest.getAttribute('value');
    await page.locator(`html[data-rendition$="x${height}"]`).waitFor({ timeout: STEP_MS });
    const before = await position(page);
    await page.locator('#formats input[value="dash"]').check();
    await page.locator('html[data-format="dash"][data-state="playing"]').waitFor({ timeout: STEP_MS });
    await untilPosition(page, Math.floor(before) + 1);
    // A start from the beginning would be 2 s behind; one that lost the place would be anywhere.
    expect((await position(page)) - before).toBeLessThan(STEP_MS / 1_000);
    expect(await attribute(page, 'data-rendition')).toMatch(new RegExp(`x${height}$`));
    expect(new URL(page.url()).search).toBe('?format=dash');
    expect(complaints).toEqual([]);
  });
});

test.concurrent('a format that its link no longer gives leaves what plays alone, and says so', async () => {
  const { watch, token } = await briefLink(6);
  await visit(browser, watch, async (page) => {
    await untilState(page, 'playing');
    await untilExpired(token);
    // Not `check`, which wants it to stay checked: the page takes it back as soon as the link refuses.
    await page.locator('#formats input[value="dash"]').click();
    await page
      .getByText('Cannot switch to DASH: This link has expired. Playback continues.')
      .waitFor({ timeout: STEP_MS });
    const before = await position(page);
    await untilPosition(page, before + 1);
    expect(await attribute(page, 'data-format')).toBe('hls');
    expect(await page.locator('#formats input[value="hls"]').isChecked()).toBe(true);
    await keepPicture(page, 'watch-format-refused');
  });
});

test.concurrent('keys play and pause', async () => {
  await visit(browser, links.watch, async (page) => {
    await untilState(page, 'playing');
    await page.keyboard.press('k');
    await untilState(page, 'paused');
    await page.getByRole('button', { name: 'Play' }).click();
    await untilState(page, 'playing');
    // The button that was clicked keeps its own key, and leaves the others to the page.
    await page.keyboard.press(' ');
    await untilState(page, 'paused');
    await page.keyboard.press('K');
    await untilState(page, 'playing');
  });
});

test.concurrent('plays through native HLS where there is no MSE', async () => {
  const withoutMse = 'delete window.MediaSource; delete window.ManagedMediaSource;';
  await visit(
    browser,
    links.watch,
    async (page) => {
      await untilState(page, 'playing');
      await untilPosition(page, 1);
      expect(await page.locator('#formats input[value="dash"]').isDisabled()).toBe(true);
      expect(await page.locator('video[controls]').count()).toBe(1);
      expect(await page.locator('#controls').isVisible()).toBe(false);
    },
    withoutMse,
  );
});

test.concurrent('says why an expired link does not play, and tries again', async () => {
  const { watch, token } = await briefLink(1);
  await untilExpired(token);
  await visit(browser, watch, async (page) => {
    await untilState(page, 'failed');
    expect(await attribute(page, 'data-code')).toBe('link_expired');
    expect(await page.locator('#problem-code').textContent()).toBe('link_expired');
    expect(await page.getByRole('alert').textContent()).toContain('This link has expired');
    // It is not what helps: another link is.
    const button = page.getByRole('button', { name: 'Try again' });
    expect(await button.getAttribute('class')).toContain('button-quiet');
    await keepPicture(page, 'watch-expired');
    const again = page.waitForResponse((response) => response.url().endsWith('.m3u8'), { timeout: STEP_MS });
    await button.click();
    expect((await again).status()).toBe(403);
    await untilState(page, 'failed');
  });
});

test.concurrent('a damaged link is named as such, on the native path too', async () => {
  const damaged = links.watch.slice(0, -8);
  for (const script of ['', 'delete window.MediaSource; delete window.ManagedMediaSource;']) {
    await visit(
      browser,
      damaged,
      async (page) => {
        await untilState(page, 'failed');
        expect(await attribute(page, 'data-code')).toMatch(/^link_(signature|malformed)$/);
      },
      script,
    );
  }
});

test.concurrent('the front page takes a pasted link to its watch page', async () => {
  await visit(browser, shared.url, async (page, complaints) => {
    await page.getByRole('textbox').fill(links.dash);
    await page.getByRole('button', { name: 'Watch' }).click();
    await untilState(page, 'playing');
    expect(await attribute(page, 'data-format')).toBe('dash');
    expect(complaints).toEqual([]);
  });
});

async function briefLink(seconds: number): Promise<{ watch: string; token: string }> {
  const { watch } = await signLinks(shared.film, seconds);
  return { watch, token: watch.split('/').at(-1) ?? '' };
}

/** The clock skew that a link is given included. */
function untilExpired(token: string): Promise<void> {
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return until(() => Date.now() >= exp * 1_000 + 1_000, 'expired');
}
