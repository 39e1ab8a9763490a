import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptOf, formatAttemptMap, parseAttemptMap } from '../../../src/media/attempt-map.ts';
import { parseSegmentNumber } from '../../../src/media/keys.ts';
import { MAX_CHUNKS } from '../../../src/media/limits.ts';

const resolve = (text: string, number: number): string | null => {
  const map = parseAttemptMap(text);
  return map === null ? null : attemptOf(map, number);
};

describe('an attempt map', () => {
  test('is one number where every chunk has the same attempt', () => {
    const chunks = [1, 5, 9].map((firstNumber) => ({ attempt: '1', firstNumber }));
    expect(formatAttemptMap(chunks)).toBe('1');
  });

  test('names the first number of every change', () => {
    const chunks = [
      { attempt: '1', firstNumber: 1 },
      { attempt: '1', firstNumber: 5 },
      { attempt: '2', firstNumber: 9 },
      { attempt: '1', firstNumber: 17 },
    ];
    expect(formatAttemptMap(chunks)).toBe('1,9.2,17.1');
  });

  test.each([
    ['1', 1, '1'],
    ['7', 21_600, '7'],
    ['1,9.2,17.1', 8, '1'],
    ['1,9.2,17.1', 9, '2'],
    ['1,9.2,17.1', 16, '2'],
    ['1,9.2,17.1', 17, '1'],
    ['1,9.2,17.1', 999_999, '1'],
  ])('%s at %i is attempt %s', (text, number, attempt) => {
    expect(resolve(text, number)).toBe(attempt);
  });

  test.each([
    ['empty', ''],
    ['attempt zero', '0'],
    ['leading zero', '01'],
    ['sign', '+1'],
    ['letters', '1a'],
    ['too long an attempt', '1234567'],
    ['trailing comma', '1,'],
    ['leading comma', ',1'],
    ['no attempt', '1,9.'],
    ['no number', '1,.2'],
    ['no dot', '1,9'],
    ['two dots', '1,9.2.3'],
    ['starts with a number', '1.1'],
    ['change at the first segment', '1,1.2'],
    ['change at zero', '1,0.2'],
    ['descending', '1,9.2,8.1'],
    ['same number twice', '1,9.2,9.1'],
    ['no change', '1,9.1'],
    ['number out of bounds', '1,1000000.2'],
    ['space', '1, 9.2'],
    ['line feed', '1\n'],
    ['slash', '1/2'],
    ['escape', '1%2C9.2'],
    ['a megabyte', '1,2.2'.padEnd(1_000_000, ',3.1')],
  ])('is refused: %s', (_, text) => {
    expect(parseAttemptMap(text)).toBeNull();
  });

  test('has as many runs as a version has chunks, no more', () => {
    const runs = (count: number): string =>
      ['1', ...Array.from({ length: count - 1 }, (_, index) => `${index + 2}.${index % 2 === 0 ? 2 : 1}`)].join(',');
    expect(parseAttemptMap(runs(MAX_CHUNKS))).toHaveLength(MAX_CHUNKS);
    expect(parseAttemptMap(runs(MAX_CHUNKS + 1))).toBeNull();
  });

  test.each([
    ['no chunks', []],
    [
      'descending numbers',
      [
        { attempt: '1', firstNumber: 5 },
        { attempt: '1', firstNumber: 5 },
      ],
    ],
    ['a bad attempt', [{ attempt: '1,2', firstNumber: 1 }]],
    ['a huge number', [{ attempt: '1', firstNumber: 1e6 }]],
  ])('is not made of %s', (_, chunks) => {
    expect(() => formatAttemptMap(chunks)).toThrow(TypeError);
  });

  const chunkLists = fc
    .array(fc.record({ attempt: fc.integer({ min: 1, max: 3 }), count: fc.integer({ min: 1, max: 30 }) }), {
      minLength: 1,
      maxLength: 40,
    })
    .map((steps) => {
      let firstNumber = 1;
      return steps.map(({ attempt, count }) => {
        const chunk = { attempt: String(attempt), firstNumber, count };
        firstNumber += count;
        return chunk;
      });
    });

  test('resolves every segment to its chunk, and has one form', () => {
    fc.assert(
      fc.property(chunkLists, (chunks) => {
        const text = formatAttemptMap(chunks);
        const map = parseAttemptMap(text);
        expect(map).not.toBeNull();
        for (const { attempt, firstNumber, count } of chunks) {
          expect(resolve(text, firstNumber)).toBe(attempt);
          expect(resolve(text, firstNumber + count - 1)).toBe(attempt);
        }
        expect(formatAttemptMap(map ?? [])).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test('whatever is accepted is canonical', () => {
    const texts = fc
      .array(fc.constantFrom('1', '2', '9', '0', ',', '.'), { maxLength: 12 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        const map = parseAttemptMap(text);
        expect(map === null || formatAttemptMap(map) === text).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a segment number', () => {
  test.each([
    ['1', 1],
    ['999999', 999_999],
  ])('%s', (text, number) => {
    expect(parseSegmentNumber(text)).toBe(number);
  });

  test.each(['', '0', '01', '-1', '1.5', '1e3', '1000000', ' 1', '１'])('refuses %j', (text) => {
    expect(parseSegmentNumber(text)).toBeNull();
  });
});
