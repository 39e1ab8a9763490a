/** Shaka Player's lists in the page's terms, as it fills them from HLS and from DASH. */
import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { expect, test } from 'vitest';
import { bestWithin } from '../../../console/src/watch/quality-menu.ts';
import { onePerHeight, soundsOf, textOf, type Variant } from '../../../console/src/watch/shaka-tracks.ts';

const variant = (more: Partial<Variant>): Variant =>
  ({
    ...{ width: 1280, height: 720, bandwidth: 1, active: false, videoCodec: 'avc1.64001f', audioCodec: 'mp4a.40.2' },
    ...{ language: 'en', originalLanguage: 'en', label: null, audioRoles: [], channelsCount: 2 },
    ...more,
  }) as Variant;

test('sounds are one per language, role and channels, those of a language and of a role together', () => {
  const list = soundsOf([
    variant({}),
    variant({ height: 360, active: true }),
    variant({ language: 'pt', originalLanguage: 'pt-BR', label: 'Português' }),
    variant({ audioRoles: ['public.accessibility.describes-video'] }),
    variant({ channelsCount: 6 }),
    variant({ channelsCount: 6, audioCodec: 'ec-3' }),
    variant({ audioCodec: null }),
  ]);
  expect(list.map(({ language, role, channels, isActive }) => [language, role, channels, isActive])).toEqual([
    ['en', 'main', 2, true],
    ['en', 'main', 6, false],
    ['en', 'description', 2, false],
    ['pt-BR', 'main', 2, false],
  ]);
});

test.each([
  [{ audioRoles: ['commentary'] }, 'commentary'],
  [{ label: 'Director’s commentary' }, 'commentary'],
  [{ audioRoles: ['public.accessibility.enhances-speech-intelligibility'] }, 'clean_speech'],
  [{ audioRoles: ['enhanced-audio-intelligibility'] }, 'clean_speech'],
  [{ accessibilityPurpose: 'visually impaired' as Variant['accessibilityPurpose'] }, 'description'],
  [
    { audioRoles: ['alternate'], accessibilityPurpose: 'hard of hearing' as Variant['accessibilityPurpose'] },
    'clean_speech',
  ],
  [{ audioRoles: ['main'] }, 'main'],
  [{ audioRoles: null }, 'main'],
])('%j is the role %s', (of, role) => {
  expect(soundsOf([variant(of)])[0]?.role).toBe(role);
});

const CAPTIONS = ['public.accessibility.transcribes-spoken-dialog', 'public.accessibility.describes-music-and-sound'];

test.each([
  [{ roles: ['subtitle'], kind: 'subtitle' }, 'subtitles'],
  [{ roles: CAPTIONS, kind: 'subtitle' }, 'captions'],
  [{ roles: ['caption'], kind: 'caption' }, 'captions'],
  [{ roles: ['forced-subtitle'], forced: true }, 'forced'],
  [{ roles: ['description'] }, 'descriptions'],
])('%j is the kind %s', (of, kind) => {
  const track = { id: 7, active: false, forced: false, primary: false, kind: null, label: null, language: 'en', ...of };
  expect(textOf(track as unknown as shaka.extern.TextTrack)).toMatchObject({ id: '7', kind, name: '', language: 'en' });
});

test('one variant per height, with the sound that is heard', () => {
  const surround = { channelsCount: 6, bandwidth: 9 };
  const stereo = [variant({ id: 1, active: true }), variant({ id: 2, height: 360 })];
  const list = onePerHeight([variant({ id: 3, height: 360, ...surround }), ...stereo, variant({ id: 4, ...surround })]);
  expect(list.map(({ id }) => id)).toEqual([1, 2]);
});

test.each([
  [720 * 1280, 720],
  [10 ** 6, 720],
  [1080 * 1920, undefined],
  [1, undefined],
])('a limit of %d pixels leaves %s', (pixelsMax, height) => {
  const list = [1080, 720, 360].map((lines) => ({ width: (lines * 16) / 9, height: lines, codec: '' }));
  expect(bestWithin(list, pixelsMax)?.height).toBe(height);
});
