import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLanguage } from '../../../../src/media/language.ts';
import { audioName, languageTag, textName } from '../../../../src/media/manifest/language.ts';

describe('the name of a language', () => {
  it.each([
    ['en-Latn-US-u-co-phonebk-x-aaaaaa', 'English (Latin, United States)'],
    ['de-x-private', 'German'],
    ['eng', 'English'],
    ['english', 'english'],
  ])('%s is %s', (language, name) => {
    expect(audioName({ language, role: 'main' })).toBe(name);
    expect(textName({ language, kind: 'subtitles' })).toBe(name);
  });

  it('is there for every language that a track may have', () => {
    const subtag = fc.stringMatching(/^[a-zA-Z0-9]{1,8}$/);
    const language = fc
      .tuple(fc.stringMatching(/^[a-zA-Z]{2,8}$/), fc.array(subtag, { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest].join('-'))
      .filter(isLanguage);
    fc.assert(
      fc.property(language, (tag) => {
        expect(languageTag(tag)).not.toBe('');
        expect(textName({ language: tag, kind: 'captions' })).toContain('(captions)');
      }),
    );
  });
});
