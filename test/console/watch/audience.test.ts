import { describe, expect, test } from 'vitest';
import { type Answer, answerOf, LATER_AFTER_MS, nextPollMs } from '../../../console/src/watch/audience.ts';

describe('an answer', () => {
  test('with two counts is known', () => {
    expect(answerOf(200, { views: 12, watching: 3, more: 'later' })).toEqual({
      kind: 'known',
      audience: { views: 12, watching: 3 },
    });
  });

  test.each([
    [200, null],
    [200, 'views'],
    [200, {}],
    [200, { views: 1 }],
    [200, { views: -1, watching: 0 }],
    [200, { views: 1.5, watching: 0 }],
    [200, { views: '1', watching: 0 }],
    [204, { views: 1, watching: 0 }],
    [408, null],
    [429, { code: 'unavailable' }],
    [500, null],
    [503, { code: 'unavailable' }],
  ])('%d with %j may be better next time', (status, body) => {
    expect(answerOf(status, body)).toEqual({ kind: 'failed' });
  });

  test.each([400, 403, 404, 405])('%d will not be', (status) => {
    expect(answerOf(status, { views: 1, watching: 1 })).toEqual({ kind: 'refused' });
  });
});

describe('the next call', () => {
  const known: Answer = { kind: 'known', audience: { views: 1, watching: 1 } };

  test.each([
    [known, 0, 0, 1_000],
    [known, 0, LATER_AFTER_MS - 1, 1_000],
    [known, 0, LATER_AFTER_MS, 5_000],
    [known, 0, 86_400_000, 5_000],
    [{ kind: 'failed' }, 1, 0, 2_000],
    [{ kind: 'failed' }, 3, 0, 8_000],
    [{ kind: 'failed' }, 4, 0, 10_000],
    [{ kind: 'failed' }, 1, LATER_AFTER_MS, 10_000],
    [{ kind: 'failed' }, 5_000, LATER_AFTER_MS, 10_000],
    [{ kind: 'refused' }, 1, 0, null],
  ] as const)(
    'after %j, %d failures in a row, seen for %d ms, comes in %s ms',
    (answer, failures, seenMs, expected) => {
      expect(nextPollMs(answer, { failures, seenMs })).toBe(expected);
    },
  );
});
