import { describe, expect, test } from 'vitest';
import { openPage } from '../../../src/catalog/cursor.ts';
import { AppError } from '../../../src/errors.ts';

const rows = [
  { created_at: 1_800_000_000_000, id: 'b' },
  { created_at: 1_700_000_000_000, id: 'a_b-c' },
];
const cursorOf = (list: string, filters: Parameters<typeof openPage>[1]) =>
  openPage(list, filters, { limit: 2 }).next(rows) ?? 'none';

describe('a cursor', () => {
  test('survives being written and read, whatever order the filters have', () => {
    const cursor = cursorOf('assets', { q: 'film', tag: 'a' });
    const { after } = openPage('assets', { tag: 'a', status: undefined, q: 'film' }, { cursor, limit: 5 });
    expect(after).toEqual({ createdAt: 1_700_000_000_000, id: 'a_b-c' });
  });

  test('that is not there is the first page', () => {
    expect(openPage('assets', {}, { limit: 5 }).after).toBeNull();
  });

  test.each([
    ['another list', 'jobs', { tag: 'a' }],
    ['another filter', 'assets', { tag: 'b' }],
    ['fewer filters', 'assets', {}],
    ['more filters', 'assets', { tag: 'a', q: 'a' }],
    ['a filter of another name', 'assets', { category: 'a' }],
  ])('is not of %s', (_, list, filters) => {
    const cursor = cursorOf('assets', { tag: 'a' });
    expect(() => openPage(list, filters, { cursor, limit: 2 })).toThrow(AppError);
  });

  test.each(['', '.', '1', '1.', '.a', '1.a', '1.A.0', '1.a.0\n', ' 1.a.0', '１.a.0', '1.a.0'])(
    'is not %j',
    (cursor) => {
      expect(() => openPage('assets', {}, { cursor, limit: 2 })).toThrow(AppError);
    },
  );

  test('is not given where fewer rows came than were asked for', () => {
    const { next } = openPage('assets', {}, { limit: 3 });
    expect([next(rows), next([])]).toEqual([null, null]);
  });
});
