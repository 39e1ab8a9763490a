import { describe, expect, test } from 'vitest';
import { formatCursor, nextCursor, parseCursor } from '../../../src/catalog/cursor.ts';
import { AppError } from '../../../src/errors.ts';

describe('a cursor', () => {
  test('survives being written and read', () => {
    const mark = { createdAt: 1_800_000_000_000, id: 'a_b-c' };
    expect(parseCursor(formatCursor(mark))).toEqual(mark);
  });

  test('that is not there is the first page', () => {
    expect(parseCursor(undefined)).toBeNull();
  });

  test.each(['', '.', '1', '1.', '.a', '1.A', '1.a\n', ' 1.a', '１.a'])('is not %j', (cursor) => {
    expect(() => parseCursor(cursor)).toThrow(AppError);
  });

  const rows = [
    { created_at: 2, id: 'b' },
    { created_at: 1, id: 'a' },
  ];

  test('of a full page is its last row', () => {
    expect(nextCursor(rows, 2)).toBe('1.a');
  });

  test('is not given where fewer came than were asked for', () => {
    expect(nextCursor(rows, 3)).toBeNull();
    expect(nextCursor([], 3)).toBeNull();
  });
});
