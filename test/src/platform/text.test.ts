/** Labels, and text that may be shown. */
import { describe, expect, test } from 'vitest';
import { cleanLine, cleanText, labelSchema } from '../../../src/platform/text.ts';

const label = labelSchema(40);

describe('a label', () => {
  test.each([
    ['letters of any script', 'Žaba – Лягушка – カエル – ضفدع'],
    ['LRM and RLM', 'Film\u200E (2026) \u200Fסרט'],
    ['a balanced isolate', 'The film \u2068סרט\u2069 in one'],
    ['balanced isolates and embeddings inside each other', '\u2067a\u202Ab\u202C\u2069'],
    ['joiners', 'نمی‌خواهم 👩‍👩‍👧'],
    ['combining marks, which stay as they are', 'Cafe\u0301'],
    ['a character beyond the basic plane', '🎬'],
  ])('may hold %s', (_, text) => {
    expect(label.parse(text)).toBe(text);
  });

  test.each([
    ['half a surrogate pair', 'a\uD800b'],
    ['the other half', '\uDC00'],
    ['NUL', 'a\u0000b'],
    ['a line feed', 'a\nb'],
    ['a tabulator', 'a\tb'],
    ['ESC', '\u001b[2J'],
    ['DEL', 'a\u007f'],
    ['CSI of C1', '\u009b2J'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['a noncharacter', 'a\uFFFEb'],
    ['a noncharacter of another plane', 'a\u{1FFFF}b'],
    ['an override that is left open', 'a\u202Egpj.exe'],
    ['an isolate that is left open', '\u2066a'],
    ['an end without a beginning', 'a\u202C'],
    ['the end of an isolate without its beginning', 'a\u2069'],
    ['ends in the wrong order', '\u2067\u202Ea\u2069\u202C'],
    ['nothing but blanks', '   '],
    ['too much', 'x'.repeat(41)],
  ])('may not hold %s', (_, text) => {
    expect(label.safeParse(text).success).toBe(false);
  });

  test('loses the blanks around it', () => {
    expect(label.parse('  a b ')).toBe('a b');
  });
});

const HOSTILE = 'it broke\u001b[2J\u001b[H\r\nready http://evil\u0007\u009b1m\u2028x\u202Ey\uD800\uFFFF\u007f';

describe('what is shown', () => {
  test('as one line neither moves a cursor nor ends the line', () => {
    expect(cleanLine(HOSTILE)).toBe('it broke [2J [H ready http://evil 1m x y ');
  });

  test('as text keeps its lines and tabulators', () => {
    expect(cleanText('a\tb\nc\u001bd\re')).toBe('a\tb\nc d e');
  });

  test('is otherwise what was written', () => {
    const text = 'Žaba \u200E نمی‌خواهم 👩‍👩‍👧';
    expect([cleanLine(text), cleanText(text)]).toEqual([text, text]);
  });
});
