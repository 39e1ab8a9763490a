import { describe, expect, test } from 'vitest';
import { profileOf } from '../../../../src/analytics/collect/device-class.ts';
import { DEVICE_CLASSES } from '../../../../src/analytics/facts.ts';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const classOf = (userAgent: string) => DEVICE_CLASSES[profileOf(userAgent).device];

describe('what people watch with', () => {
  test.each([
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/120.0.0.0 Safari/537.36`, 'desktop'],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/120.0.0.0 Safari/537.36`, 'desktop'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15', 'desktop'],
    [`Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36`, 'mobile'],
    [`Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/120.0.0.0 Safari/537.36`, 'tablet'],
    ['Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1', 'tablet'],
    ['AppleCoreMedia/1.0.0.21A329 (iPhone; U; CPU OS 17_0 like Mac OS X; en_us)', 'mobile'],
    ['AppleCoreMedia/1.0.0.20L563 (Apple TV; U; CPU OS 16_5 like Mac OS X; en_us)', 'tv'],
    [`Mozilla/5.0 (Web0S; Linux) ${WEBKIT} Chrome/94.0.4606.128 Safari/537.36`, 'tv'],
    ['Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 76.0.3809.146/6.0 TV Safari/537.36', 'tv'],
    [`Mozilla/5.0 (X11; Linux armv7l) ${WEBKIT} Chrome/90.0 Safari/537.36 CrKey/1.56.500000`, 'tv'],
    ['Dalvik/2.1.0 (Linux; U; Android 9; AFTMM Build/PS7633)', 'tv'],
    ['Roku/DVP-12.0 (12.0.0.4182-88)', 'tv'],
    ['Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 Version/13.0 Safari/605.1.15', 'console'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) ${WEBKIT} Edge/44.18363.8131`, 'console'],
    ['MyApp/1.0 (Linux;Android 13) ExoPlayerLib/2.18.1', 'tablet'],
    ['VLC/3.0.18 LibVLC/3.0.18', 'other'],
    ['ExoPlayerLib/2.18.1', 'other'],
    ['Lavf/58.76.100', 'other'],
    ['mpv 0.35.0', 'other'],
    ['okhttp/4.9.3', 'other'],
    ['GStreamer souphttpsrc 1.22', 'other'],
    ['MyApp/1.2', 'other'],
    ['', 'other'],
  ])('%s', (userAgent, expected) => {
    expect([classOf(userAgent), profileOf(userAgent).isBot]).toEqual([expected, false]);
  });
});

describe('what says that it is a bot', () => {
  test.each([
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/120.0 Safari/537.36`,
    'facebookexternalhit/1.1',
    'GPTBot/1.0',
    'curl/8.1',
    'python-requests/2.31',
  ])('%s', (userAgent) => {
    expect(profileOf(userAgent).isBot).toBe(true);
  });
});

test('a user agent of any length costs no more than one of 512 characters', () => {
  const known = `Mozilla/5.0 (${'x'.repeat(500)}`;
  // The same profile object, hence judged by the same beginning and remembered under it.
  expect(profileOf(`${known.slice(0, 512)}${'a'.repeat(100_000)}`)).toBe(profileOf(`${known.slice(0, 512)}Googlebot`));
});
