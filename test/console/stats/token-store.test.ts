import { expect, test } from 'vitest';
import { fileNameOf } from '../../../console/src/stats/download.ts';
import { isToken, openTokenStore } from '../../../console/src/stats/token-store.ts';

test('the token lasts as long as the storage, and is gone when it is forgotten', () => {
  const held = new Map<string, string>();
  const storage = {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => held.set(key, value),
    removeItem: (key: string) => held.delete(key),
  } as unknown as Storage;
  const store = openTokenStore(() => storage);
  expect(store.read()).toBeNull();
  store.write('secret');
  expect(openTokenStore(() => storage).read()).toBe('secret');
  store.forget();
  expect(store.read()).toBeNull();
  expect(held.size).toBe(0);
});

test('a browser that refuses storage does not stop the page', () => {
  const store = openTokenStore(() => {
    throw new DOMException('no', 'SecurityError');
  });
  store.write('secret');
  expect(store.read()).toBe('secret');
  store.forget();
  expect(store.read()).toBeNull();
});

test.each([
  ['abc.DEF-123_~+/=', true],
  ['', false],
  ['two words', false],
  ['späť', false],
  ['a\nb', false],
  ['x'.repeat(4_097), false],
])('%j as a token: %s', (text, expected) => {
  expect(isToken(text)).toBe(expected);
});

test.each([
  ['attachment; filename="views-abc-hour.csv"', 'views-abc-hour.csv'],
  ['attachment; filename="../../x"', 'views.csv'],
  [null, 'views.csv'],
])('%s names the file %s', (disposition, expected) => {
  expect(fileNameOf(disposition, 'views.csv')).toBe(expected);
});
