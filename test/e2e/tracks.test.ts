/** Sounds, texts and chapters of a film as real players list and show them. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Link } from '../../scripts/sign-link.ts';
import { run } from '../system/ffmpeg.ts';
import { type Lists, PLAYERS, type PlayerName } from './browser/player-driver.ts';
import { openPlayerPage, type PlayerPage } from './browser/player-page.ts';
import { connectBrowser, shared, signLinks } from './browser/shared.ts';
import { CUES, TRACKED_FRAMES_PER_SECOND } from './browser/tracked-film.ts';

const STEP_MS = 20_000;
const HALF_FRAME_SECONDS = 0.5 / TRACKED_FRAMES_PER_SECOND;

let browser: Browser;
let links: Link;

beforeAll(async () => {
  [browser, links] = await Promise.all([connectBrowser(), signLinks(shared.tracked)]);
});

afterAll(() => browser?.close());

const TEXTS = ['en subtitles', 'en captions', 'fr subtitles', 'fr forced'];
const SHAKA_HLS_TEXTS = ['en subtitle', 'en subtitle', 'fr subtitle', 'fr forced'];
const SHAKA_DASH_TEXTS = ['en subtitle', 'en caption', 'fr subtitle', 'fr forced'];
const DASH_JS_TEXTS = ['en subtitle', 'en caption', 'fr subtitle', 'fr forced-subtitle'];

/**
 * Of HLS: a sound in every group. Shaka takes those of one format for one; it tells captions by their purpose. All start
 * with stereo of the default, except that hls.js goes on to 5.1 where the bandwidth allows it, as to a better picture.
 */
const LISTS: Readonly<Record<PlayerName, Lists>> = {
  'hls.js': { sounds: ['en 2', 'fr 2', 'en 6', 'fr 2'], heard: expect.stringMatching(/^en [26]$/), texts: TEXTS },
  'shaka-hls': { sounds: ['en 2', 'fr 2', 'en 6'], heard: 'en 2', texts: SHAKA_HLS_TEXTS },
  'shaka-dash': { sounds: ['en 2', 'en 6', 'fr 2'], heard: 'en 2', texts: SHAKA_DASH_TEXTS },
  'dash.js': { sounds: ['en 2', 'en 6', 'fr 2'], heard: 'en 2', texts: DASH_JS_TEXTS },
  // Chromium's own HLS has neither a choice of sound nor texts.
  'native-hls': { sounds: [], heard: '', texts: [] },
};

/** Waits until these texts, and no others, are those of the cues that are shown at a time. */
async function untilCues(page: PlayerPage, seconds: number, wanted: readonly string[]): Promise<void> {
  await page.pauseAt(seconds);
  await page.until(
    `${JSON.stringify(wanted)} at ${seconds}`,
    ({ seeking, cues }) => !seeking && JSON.stringify(cues.map(({ text }) => text)) === JSON.stringify(wanted),
    STEP_MS,
  );
}

describe.concurrent.each(PLAYERS)('%s', (name) => {
  test('lists sounds and texts, and shows each cue once and in time', async () => {
    const page = await openPlayerPage(browser, shared.playerPageUrl);
    try {
      await page.load(name, name.endsWith('dash') || name === 'dash.js' ? links.dash : links.hls);
      await page.until('playing', ({ position }) => position > 0.5, STEP_MS);
      const lists = await page.lists();
      expect(lists).toEqual(LISTS[name]);
      await page.showText('fr');
      for (const { start, end, text } of lists.texts.length === 0 ? [] : CUES) {
        const shown = [`fr subtitles: ${text}`];
        await untilCues(page, start - HALF_FRAME_SECONDS, []);
        await untilCues(page, start + HALF_FRAME_SECONDS, shown);
        await untilCues(page, end - HALF_FRAME_SECONDS, shown);
        await untilCues(page, end + HALF_FRAME_SECONDS, []);
      }
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
    }
  });
});

describe.concurrent('ffmpeg', () => {
  /** Kind and channels of each stream. */
  async function streamsOf(link: string): Promise<string[]> {
    const entries = ['-show_entries', 'stream=codec_type,channels', '-of', 'json'];
    const { streams }: { streams: { codec_type: string; channels?: number }[] } = JSON.parse(
      (await run('ffprobe', ['-v', 'error', ...entries, link])).toString(),
    );
    return streams.map(({ codec_type, channels }) => [codec_type, channels].join(' ').trim());
  }

  test('reads picture and every sound of both manifests', async () => {
    // A rendition for each group of sound.
    expect(await streamsOf(links.hls)).toEqual(['audio 2', 'audio 2', 'audio 6', 'audio 2', 'video', 'video']);
    const texts = Array(4).fill('subtitle');
    expect(await streamsOf(links.dash)).toEqual(['video', 'audio 2', 'audio 6', 'audio 2', ...texts]);
  });

  test.each(['hls', 'dash'] as const)('decodes all channels of 5.1: %s', async (format) => {
    const frames = await run('ffmpeg', [
      ...['-v', 'error', '-xerror', '-nostdin', '-i', links[format], '-map', '0:a', '-t', '8'],
      ...['-f', 'framecrc', '-'],
    ]);
    // Frames of 1024 samples of 16 bits.
    expect(frames.toString()).toMatch(/,\s+1024,\s+12288, 0x/);
  });

  test('reads a text of the MPD', async () => {
    const srt = await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', links.dash, '-map', '0:s:2', '-f', 'srt', '-']);
    expect(srt.toString()).toContain('00:00:28,000 --> 00:00:33,000\nfr subtitles: across');
    expect(srt.toString().match(/across/g)).toHaveLength(1);
  });
});
