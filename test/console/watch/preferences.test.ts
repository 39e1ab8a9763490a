/** What a browser kept of the menus: whatever it is, the page gets preferences. */
import { expect, test } from 'vitest';
import { nextSpeed, type Preferences, parsePreferences } from '../../../console/src/watch/preferences.ts';

const NONE: Preferences = {
  ...{ sound: null, text: null, showsTexts: null, speed: 1 },
  ...{ textSize: 1, textBackground: 'dim', pixelsMax: null },
};

test('come back as they were kept', () => {
  const kept: Preferences = {
    sound: { language: 'de', role: 'commentary', name: 'Regie', channels: 6 },
    text: { language: 'en', kind: 'captions', name: '' },
    ...{ showsTexts: true, speed: 1.5, textSize: 2, textBackground: 'none', pixelsMax: 921_600 },
  };
  expect(parsePreferences(JSON.stringify(kept))).toEqual(kept);
});

test.each([
  [null],
  ['no JSON'],
  ['null'],
  ['[1]'],
  ['{"speed":3,"textSize":"2","textBackground":"pink","pixelsMax":-1,"showsTexts":1}'],
  ['{"sound":{"language":"de","role":"director"},"text":{"language":7,"kind":"captions"}}'],
])('%s is none', (json) => {
  expect(parsePreferences(json)).toEqual(NONE);
});

test.each([
  [1, 1, 1.25],
  [1, -1, 0.75],
  [2, 1, 2],
  [0.25, -1, 0.25],
  [1.1, 1, 1.25],
  [1.1, -1, 1],
] as const)('from speed %d, step %d is %d', (speed, step, next) => {
  expect(nextSpeed(speed, step)).toBe(next);
});
