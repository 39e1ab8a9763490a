import { expect, test } from 'vitest';
import { parseStatsAddress } from '../../../console/src/stats/address.ts';

const at = (path: string) => parseStatsAddress(new URL(path, 'https://sluice.example'));

test.each([
  ['/stats/abc', 'abc'],
  ['/stats/0a_b-c', '0a_b-c'],
  ['/stats/abc?token=x#y', 'abc'],
])('%s names an asset', (path, expected) => {
  expect(at(path)).toBe(expected);
});

test.each([
  '/',
  '/stats',
  '/stats/',
  '/stats/a/b',
  '/stats/A',
  '/stats/a.b',
  '/stats/%2e%2e',
  `/stats/${'a'.repeat(65)}`,
])('%s names none', (path) => {
  expect(at(path)).toBeNull();
});
