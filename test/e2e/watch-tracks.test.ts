/** The watch page's menus with a film of several sounds, texts and chapters. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Link } from '../../scripts/sign-link.ts';
import { connectBrowser, shared, signLinks } from './browser/shared.ts';
import { CUES } from './browser/tracked-film.ts';
import { attribute, keepPicture, openSettings, STEP_MS, until, untilState, visit } from './browser/watch-page.ts';

let browser: Browser;
let links: Link;

beforeAll(async () => {
  [browser, links] = await Promise.all([connectBrowser(), signLinks(shared.tracked)]);
});

afterAll(() => browser?.close());

test.concurrent.each(['hls', 'dash'])('menus of sound and subtitles, chapters and keys, with %s', async (format) => {
  await visit(browser, `${links.watch}?format=${format}`, async (page, complaints) => {
    await untilState(page, 'playing');
    await pauseInCue(page);
    const cues = page.locator('.shaka-text-container');
    const untilText = (kind: string) => cues.getByText(`${kind}: ${CUES[0].text}`).waitFor({ timeout: STEP_MS });

    await untilText('en subtitles');
    await page.keyboard.press('c');
    await cues.waitFor({ state: 'detached', timeout: STEP_MS });
    await page.keyboard.press('c');
    await untilText('en subtitles');

    await openSettings(page);
    // English is there in 5.1, too.
    expect(await page.locator('#sounds label').allTextContents()).toEqual(['English', 'English5.1', 'Français']);
    await choose(page, 'Audio', 'Français');
    // Forced texts are shown with their sound, not listed.
    expect(await page.locator('#texts label').allTextContents()).toEqual([
      ...['Off', 'English', 'English (CC)', 'Français'],
    ]);
    await choose(page, 'Subtitles', 'Français');
    await untilText('fr subtitles');
    await choose(page, 'Subtitle style', '200%');
    await page.locator('#text-backgrounds').getByRole('radio', { name: 'None' }).check();
    await untilStyled(page);
    await keepPicture(page, `watch-settings-${format}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('c');
    await untilText('fr forced');
    await page.keyboard.press('c');
    await untilText('fr subtitles');

    await page.keyboard.press('>');
    expect(await page.locator('#speed').textContent()).toBe(' · 1.25×');
    expect(await page.locator('#chapter').textContent()).toBe('One');
    await page.keyboard.press('n');
    await until(async () => (await page.locator('#chapter').textContent()) === 'Two & <three>', 'second chapter');
    expect(await page.locator('.time-tick').count()).toBe(1);
    expect(await page.locator('#seek').getAttribute('aria-valuetext')).toBe('0:20 of 0:40, Two & <three>');

    await page.reload();
    await untilState(page, 'playing');
    await pauseInCue(page);
    await untilText('fr subtitles');
    await untilStyled(page);
    await until(() => page.locator('#sounds label:has-text("Français") input').isChecked(), 'sound as before');
    expect(await page.evaluate('document.querySelector("video").defaultPlaybackRate')).toBe(1.25);
    expect(await attribute(page, 'data-format')).toBe(format);
    expect(complaints).toEqual([]);
  });
});

async function pauseInCue(page: Page): Promise<void> {
  await page.keyboard.press('k');
  await page.locator('#seek').fill(String(CUES[0].start + 1));
}

test.concurrent('subtitles that are chosen when the whole rest of the film is there', async () => {
  const showsNone = 'localStorage.setItem("sluice-watch", JSON.stringify({ showsTexts: false }))';
  const use = async (page: Page) => {
    await untilState(page, 'playing');
    await page.keyboard.press('k');
    await page.locator('#seek').fill(String(CUES[1].start + 1));
    await until(async () => (await page.evaluate(HAS_REST)) === true, 'rest of the film');
    await page.keyboard.press('c');
    await page.locator('.shaka-text-container').getByText(`: ${CUES[1].text}`).waitFor({ timeout: STEP_MS });
  };
  await visit(browser, `${links.watch}?format=hls`, use, showsNone);
});

const HAS_REST = `(({ buffered, currentTime, duration }) =>
  [...Array(buffered.length).keys()].some((at) => buffered.start(at) <= currentTime && buffered.end(at) > duration - 0.1)
)(document.querySelector('video'))`;

async function choose(page: Page, menu: string, name: string): Promise<void> {
  await page.locator('summary', { hasText: menu }).click();
  await page.getByRole('radio', { name, exact: true }).check();
}

/** The cue on the screen has the viewer's style, not its own. */
const untilStyled = (page: Page): Promise<void> =>
  until(
    async () =>
      (await page.evaluate(`(() => {
        const cue = document.querySelector('.shaka-text-container [style*="background-color"]');
        const { backgroundColor, fontSize } = getComputedStyle(cue);
        const usual = Math.max(14, 0.044 * document.querySelector('.cues').clientHeight);
        return backgroundColor === 'rgba(0, 0, 0, 0)' && Math.abs(parseFloat(fontSize) / usual - 2) < 0.05;
      })()`)) === true,
    'style of subtitles',
  );
