import { expect, test } from 'vitest';
import { searchFormOf, termsOf } from '../../../src/catalog/fold-text.ts';

test.each([
  ['Žaba ŽABA', 'zaba zaba', []],
  ['ΔΡΌΜΟΣ', 'δρομοσ', []],
  ['東京タワー 2024', '  2024', ['東京タワー']],
  ['ｶﾞﾗｽの城 (glass)', '  (glass)', ['カラスの城']],
  ['สวัสดี hello', '  hello', ['สวสด']],
])('%s is searched as %j and %j', (text, spaced, unspaced) => {
  expect(searchFormOf(text)).toEqual({ spaced, unspaced });
});

test('of a long word the indexed beginning is looked for, then the rest', () => {
  expect(termsOf('documentary documents Film')).toMatchObject({
    words: '"document"* "film"*',
    longWords: ['documentary', 'documents'],
  });
});

test.each([
  ['', null, null, []],
  ['"*(){}:^-+%', null, null, []],
  ['NEAR(a b)', '"near"* "a"* "b"*', null, []],
  ['title:x AND -y', '"title"* "x"* "and"* "y"*', null, []],
  ['one one', '"one"*', null, []],
  ['東京 東京タワー film', '"film"*', '"東京タワー"', ['東京']],
])('%j asks for %j, %j and %j', (query, words, trigrams, short) => {
  expect(termsOf(query)).toEqual({ words, longWords: [], trigrams, short });
});
