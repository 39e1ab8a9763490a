/** The watch page's menus with a film of several sounds, texts and chapters, which the test adds to the manifests of one without. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Link } from '../../scripts/sign-link.ts';
import { connectBrowser, shared, signLinks } from './browser/shared.ts';
import { attribute, keepPicture, STEP_MS, until, untilState, visit } from './browser/watch-page.ts';

const CUES = (text: string) => `WEBVTT\n\n00:00.000 --> 10:00.000\n${text}\n`;
const PLAYLIST = (path: string) =>
  `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:3600\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:3600,\n${path}\n#EXT-X-ENDLIST\n`;
const CHAPTERS = [
  { chapter: 1, 'start-time': 0, duration: 4, titles: [{ language: 'en', title: 'Beginning' }] },
  { chapter: 2, 'start-time': 4, duration: 60, titles: [{ language: 'en', title: 'The rest' }] },
];

let browser: Browser;
let links: Link;

beforeAll(async () => {
  [browser, links] = await Promise.all([connectBrowser(), signLinks(shared.film)]);
});

afterAll(() => browser?.close());

test.concurrent.each(['hls', 'dash'])('menus of sound and subtitles, chapters and keys, with %s', async (format) => {
  await visit(browser, 'about:blank', async (page, complaints) => {
    await addTracks(page);
    await page.goto(`${links.watch}?format=${format}`);
    await untilState(page, 'playing');
    await page.keyboard.press('k');
    await page.locator('#seek').fill('0');
    const cues = page.locator('.shaka-text-container');

    await page.keyboard.press('c');
    await cues.getByText('Hello').waitFor({ timeout: STEP_MS });
    await page.keyboard.press('c');
    await cues.waitFor({ state: 'detached', timeout: STEP_MS });

    await page.getByRole('button', { name: 'Settings' }).click();
    await choose(page, 'Audio', 'Deutsch');
    await choose(page, 'Subtitles', 'Français');
    await cues.getByText('Bonjour').waitFor({ timeout: STEP_MS });
    // Forced texts are shown with their sound, not listed.
    expect(await page.locator('#texts label').allTextContents()).toEqual(['Off', 'English', 'Français']);
    await choose(page, 'Subtitle style', '200%');
    await page.locator('#text-backgrounds').getByRole('radio', { name: 'None' }).check();
    await untilStyled(page);
    await keepPicture(page, `watch-settings-${format}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('c');
    await cues.getByText('Schild').waitFor({ timeout: STEP_MS });
    await page.keyboard.press('c');
    await cues.getByText('Bonjour').waitFor({ timeout: STEP_MS });

    await page.keyboard.press('>');
    expect(await page.locator('#speed').textContent()).toBe(' · 1.25×');
    expect(await page.locator('#chapter').textContent()).toBe('Beginning');
    await page.keyboard.press('n');
    await until(async () => (await page.locator('#chapter').textContent()) === 'The rest', 'second chapter');
    expect(await page.locator('.time-tick').count()).toBe(1);
    expect(await page.locator('#seek').getAttribute('aria-valuetext')).toMatch(/^0:04 of \d:\d\d, The rest$/);

    await page.reload();
    await untilState(page, 'playing');
    await cues.getByText('Bonjour').waitFor({ timeout: STEP_MS });
    await untilStyled(page);
    await until(() => page.locator('#sounds label:has-text("Deutsch") input').isChecked(), 'sound as before');
    expect(await page.evaluate('document.querySelector("video").defaultPlaybackRate')).toBe(1.25);
    expect(await attribute(page, 'data-format')).toBe(format);
    expect(complaints).toEqual([]);
  });
});

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

/** A German sound, which is the same as the other, English and French subtitles, forced texts for Germans, and chapters. */
async function addTracks(page: Page): Promise<void> {
  const texts: [language: string, text: string, forced?: string][] = [
    ['en', 'Hello'],
    ['fr', 'Bonjour'],
    ['de', 'Schild', 'FORCED=YES,'],
  ];
  for (const [language, text] of texts) {
    await page.route(`**/added/${language}.m3u8`, (route) => route.fulfill({ body: PLAYLIST(`${language}.vtt`) }));
    await page.route(`**/added/${language}.vtt`, (route) =>
      route.fulfill({ contentType: 'text/vtt', body: CUES(text) }),
    );
  }
  await page.route('**/chapters.json', (route) => route.fulfill({ json: CHAPTERS }));
  await page.route('**/main.m3u8', async (route) => {
    const response = await route.fetch();
    const subtitles = texts.map(
      ([language, , forced = '']) =>
        `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="added",LANGUAGE="${language}",NAME="${language}",${forced}AUTOSELECT=YES,URI="/added/${language}.m3u8"`,
    );
    const body = (await response.text())
      .replace(/^#EXT-X-MEDIA:TYPE=AUDIO.*$/m, (sound) => `${sound}\n${germanOf(sound)}\n${subtitles.join('\n')}`)
      .replaceAll(/^#EXT-X-STREAM-INF:.*$/gm, (variant) => `${variant},SUBTITLES="added"`);
    await route.fulfill({ response, body });
  });
  await page.route('**/manifest.mpd', async (route) => {
    const response = await route.fetch();
    const sets = texts.map(
      ([language, , forced]) =>
        `<AdaptationSet contentType="text" mimeType="text/vtt" lang="${language}"><Role schemeIdUri="urn:mpeg:dash:role:2011" value="${forced ? 'forced-subtitle' : 'subtitle'}"/><Representation id="${language}" bandwidth="100"><BaseURL>/added/${language}.vtt</BaseURL></Representation></AdaptationSet>`,
    );
    const body = (await response.text()).replace(
      /<AdaptationSet[^>]*contentType="audio"[\s\S]*?<\/AdaptationSet>/,
      (sound) =>
        sound + sound.replace(/lang="[^"]*"/, 'lang="de"').replaceAll(/ id="([^"]*)"/g, ' id="9$1"') + sets.join(''),
    );
    await route.fulfill({ response, body });
  });
}

const germanOf = (sound: string): string =>
  sound
    .replace(/LANGUAGE="[^"]*"/, 'LANGUAGE="de"')
    .replace(/NAME="[^"]*"/, 'NAME="German"')
    .replace('DEFAULT=YES', 'DEFAULT=NO')
    .replace(/URI="([^"]*)"/, 'URI="$1?de"');
