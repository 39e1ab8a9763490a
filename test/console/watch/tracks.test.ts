/** What menus call sounds and texts, and which one answers what a viewer chose elsewhere. */
import { describe, expect, test } from 'vitest';
import {
  languageText,
  ownName,
  pickSound,
  pickText,
  type Sound,
  soundLabel,
  type Text,
  textLabel,
  textToSwitchOn,
} from '../../../console/src/watch/tracks.ts';

const sound = (id: string, language: string, more: Partial<Sound> = {}): Sound => ({
  ...{ id, language, name: '', role: 'main', channels: 2, isActive: false },
  ...more,
});
const text = (id: string, language: string, more: Partial<Text> = {}): Text => ({
  ...{ id, language, name: '', kind: 'subtitles', isActive: false, isDefault: false },
  ...more,
});

test.each([
  ['en', 'English'],
  ['de', 'Deutsch'],
  ['fr', 'Français'],
  ['pt-BR', 'Português (Brasil)'],
  ['und', 'Unknown language'],
  ['', 'Unknown language'],
  ['not a tag', 'not a tag'],
])('language %s is shown as %s', (language, shown) => {
  expect(languageText(language)).toBe(shown);
});

test.each([
  [sound('', 'de'), { label: 'Deutsch' }],
  [sound('', 'de', { channels: 6 }), { label: 'Deutsch', note: '5.1' }],
  [sound('', 'de', { name: 'German (commentary) 2' }), { label: 'Deutsch (commentary) 2' }],
  [sound('', 'und', { name: 'Crowd' }), { label: 'Unknown language – Crowd' }],
  [sound('', 'en', { role: 'description' }), { label: 'English', note: 'Audio description' }],
  [sound('', 'en', { role: 'commentary', channels: 6 }), { label: 'English', note: 'Commentary · 5.1' }],
  [sound('', 'en', { role: 'commentary', name: 'English (Commentary)' }), { label: 'English (Commentary)' }],
  [sound('', 'de', { name: 'Wien' }), { label: 'Deutsch – Wien' }],
])('a sound’s label %#', (of, label) => {
  expect(soundLabel(of)).toEqual(label);
});

test.each([
  [text('', 'en'), 'English'],
  [text('', 'en', { kind: 'captions' }), 'English (CC)'],
  [text('', 'en', { kind: 'captions', name: 'English CC' }), 'English CC'],
  [text('', 'en', { kind: 'descriptions' }), 'English (Descriptions)'],
])('a text’s label %#', (of, label) => {
  expect(textLabel(of)).toBe(label);
});

test.each([
  ['de', 'German', ''],
  ['de', 'de', ''],
  ['de', 'German (captions)', ''],
  ['en', 'English (audio description)', ''],
  ['und', 'Audio', ''],
  ['en', 'English for children', 'English for children'],
  ['de', 'Wien', 'Wien'],
  ['en', 'The director (commentary)', 'The director'],
  ['en', 'English (captions) 2', 'English 2'],
])('in %s, %s was given the name "%s"', (language, name, own) => {
  expect(ownName(language, name)).toBe(own);
});

describe('the sound that a viewer gets', () => {
  const sounds = [
    sound('en', 'en', { isActive: true }),
    sound('en6', 'en', { channels: 6 }),
    sound('com', 'en', { role: 'commentary', name: 'Commentary' }),
    sound('br', 'pt-BR'),
  ];
  const wish = { language: 'en', role: 'main', name: '', channels: 2 } as const;
  test.each([
    [wish, 'en'],
    [{ ...wish, channels: 6 }, 'en6'],
    [{ ...wish, role: 'commentary', name: 'Commentary' }, 'com'],
    [{ ...wish, role: 'description' }, 'en'],
    [{ ...wish, language: 'pt' }, 'br'],
    [{ ...wish, language: 'EN-us' }, 'en'],
    [{ ...wish, language: 'fr' }, undefined],
    [null, undefined],
  ] as const)('who chose %j gets %s', (chosen, id) => {
    expect(pickSound(sounds, chosen)?.id).toBe(id);
  });
});

describe('the text that a viewer gets', () => {
  const texts = [
    text('en-forced', 'en', { kind: 'forced' }),
    text('en-cc', 'en', { kind: 'captions' }),
    text('en', 'en'),
    text('de', 'de'),
  ];
  const english = { language: 'en', kind: 'subtitles', name: '' } as const;
  test.each([
    [{ text: english, showsTexts: true }, 'de', 'en'],
    [{ text: { ...english, kind: 'captions' }, showsTexts: true }, 'de', 'en-cc'],
    [{ text: english, showsTexts: false }, 'en', 'en-forced'],
    [{ text: english, showsTexts: false }, 'de', undefined],
    [{ text: { ...english, language: 'fr' }, showsTexts: true }, 'en', 'en-forced'],
    [{ text: null, showsTexts: null }, 'de', undefined],
  ] as const)('%j, hearing %s: %s', (wishes, heard, id) => {
    expect(pickText(texts, wishes, heard)?.id).toBe(id);
  });

  test('a default is for those who never chose', () => {
    const withDefault = [...texts, text('nl', 'nl', { isDefault: true })];
    expect(pickText(withDefault, { text: null, showsTexts: null }, 'en')?.id).toBe('nl');
    expect(pickText(withDefault, { text: null, showsTexts: false }, 'de')).toBeNull();
  });

  test.each([
    [{ ...english, kind: 'captions' }, ['de'], 'en-cc'],
    [null, ['de-AT', 'en'], 'de'],
    [null, ['en'], 'en'],
    [null, ['fr'], 'en-cc'],
  ] as const)('the key with %j and languages %j shows %s', (wish, languages, id) => {
    expect(textToSwitchOn(texts, wish, languages)?.id).toBe(id);
  });
});
