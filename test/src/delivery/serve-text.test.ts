import { expect, test } from 'vitest';
import { acceptsGzip } from '../../../src/delivery/serve-text.ts';

test.each([
  ['gzip', true],
  ['br, gzip;q=0.5', true],
  ['GZIP', true],
  ['x-gzip', true],
  ['*', true],
  ['gzip;q=0.001', true],
  ['*;q=0, gzip', true],
  [null, false],
  ['', false],
  ['identity', false],
  ['br', false],
  ['gzip;q=0', false],
  ['gzip; q=0.000', false],
  ['gzip;q=0, *', false],
  ['*;q=0', false],
  ['gzipped', false],
])('Accept-Encoding %j: %s', (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});
