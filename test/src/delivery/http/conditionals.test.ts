import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateConditions, ifRangeHolds, parseEntityTags } from '../../../../src/delivery/http/conditionals.ts';

const ETAG = '"abc"';

describe('preconditions on "abc"', () => {
  test.each<[Record<string, string>, string]>([
    [{}, 'proceed'],
    [{ 'if-none-match': '"abc"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"abc"' }, 'not-modified'],
    [{ 'if-none-match': '"x", W/"y" ,"abc"' }, 'not-modified'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"ABC"' }, 'proceed'],
    [{ 'if-none-match': '"x"' }, 'proceed'],
    [{ 'if-none-match': 'abc' }, 'proceed'],
    [{ 'if-none-match': '"a,b","abc"' }, 'not-modified'],
    [{ 'if-none-match': '"abc' }, 'proceed'],
    [{ 'if-none-match': 'w/"abc"' }, 'proceed'],
    [{ 'if-none-match': '' }, 'proceed'],
    [{ 'if-match': '"abc"' }, 'proceed'],
    [{ 'if-match': '*' }, 'proceed'],
    [{ 'if-match': '"x","abc"' }, 'proceed'],
    [{ 'if-match': 'W/"abc"' }, 'failed'],
    [{ 'if-match': '"x"' }, 'failed'],
    [{ 'if-match': 'nonsense' }, 'failed'],
    [{ 'if-match': '"x"', 'if-none-match': '"abc"' }, 'failed'],
    [{ 'if-match': '"abc"', 'if-none-match': '"abc"' }, 'not-modified'],
  ])('%j: %s', (headers, expected) => {
    expect(evaluateConditions(new Headers(headers), ETAG)).toBe(expected);
  });

  test('a weak tag of ours matches weakly only', () => {
    expect(evaluateConditions(new Headers({ 'if-none-match': '"abc"' }), 'W/"abc"')).toBe('not-modified');
    expect(evaluateConditions(new Headers({ 'if-match': 'W/"abc"' }), 'W/"abc"')).toBe('failed');
  });
});

test.each<[Record<string, string>, string]>([
  [{ 'if-none-match': '"abc"' }, 'proceed'],
  [{ 'if-none-match': '*' }, 'not-modified'],
  [{ 'if-match': '"abc"' }, 'failed'],
  [{ 'if-match': '*' }, 'proceed'],
])('what has no tag exists all the same: %j: %s', (headers, expected) => {
  expect(evaluateConditions(new Headers(headers), null)).toBe(expected);
});

test.each<[Record<string, string>, boolean]>([
  [{}, true],
  [{ 'if-range': '"abc"' }, true],
  [{ 'if-range': 'W/"abc"' }, false],
  [{ 'if-range': '"x"' }, false],
  [{ 'if-range': '*' }, false],
  [{ 'if-range': 'Fri, 20 Nov 2026 12:00:00 GMT' }, false],
])('If-Range %j: %s', (headers, expected) => {
  expect(ifRangeHolds(new Headers(headers), ETAG)).toBe(expected);
});

test('a list of tags is read back as it was written', () => {
  const tag = fc.record({
    weak: fc.boolean(),
    opaque: fc.string({ maxLength: 8 }).filter((text) => /^[\x21\x23-\x7e]*$/.test(text)),
  });
  fc.assert(
    fc.property(
      fc.array(tag, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(',', ', ', ' ,\t'),
      (tags, separator) => {
        const header = tags.map(({ weak, opaque }) => `${weak ? 'W/' : ''}"${opaque}"`).join(separator);
        expect(parseEntityTags(header)).toEqual(tags);
      },
    ),
  );
});

test('a long list that is none ends at once', () => {
  expect(parseEntityTags(`${'"a",'.repeat(20_000)}x`)).toBeNull();
});
