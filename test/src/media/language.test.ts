import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalLanguage, languageSchema } from '../../../src/media/language.ts';

const CASES: readonly (readonly [string | undefined, string])[] = [
  ['pt-BR', 'pt-BR'],
  ['en-us', 'en-US'],
  ['en_GB', 'en-GB'],
  ['zh-hant-tw', 'zh-Hant-TW'],
  ['es-419', 'es-419'],
  ['sr-Latn', 'sr-Latn'],
  ['eng', 'en'],
  ['GER', 'de'],
  ['deu', 'de'],
  ['chi', 'zh'],
  ['fil', 'fil'],
  ['qaa', 'qaa'],
  ['zxx', 'zxx'],
  // Extended languages.
  ['zh-yue', 'yue'],
  ['zh-cmn-Hans', 'zh-Hans'],
  // Too long for the schema with its private part.
  ['de-CH-x-a1234567-b1234567-c1234567-d123', 'de-CH'],
  ...['', ' ', 'und', 'root', 'English', 'x-klingon', 'i-klingon', 'en-', '../../etc', 'e', '日本語', 'eng\0'].map(
    (text) => [text, 'und'] as const,
  ),
  [undefined, 'und'],
];
test.each(CASES)('%j is %s', (text, tag) => {
  expect(canonicalLanguage(text)).toBe(tag);
});

test('every text gives a tag that a presentation can have, and no manifest fails on', () => {
  const subtag = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/);
  const texts = fc.oneof(
    fc.string(),
    fc.array(subtag, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('-')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const tag = canonicalLanguage(text);
      expect(languageSchema.safeParse(tag).success).toBe(true);
      expect(Intl.getCanonicalLocales(tag)).toEqual([tag]);
    }),
  );
});
