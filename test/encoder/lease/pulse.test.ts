import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPulse } from '../../../encoder/lease/pulse.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-pulse-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the file is there from the first call and written anew after 5 s, not before', () => {
  const path = join(folder, 'health');
  let now = 0;
  const pulse = createPulse(path, () => now);
  pulse();
  expect(Date.parse(readFileSync(path, 'utf8').trim())).not.toBeNaN();
  const isWritten = () => {
    rmSync(path, { force: true });
    pulse();
    return readdirSync(folder).length === 1;
  };
  now = 4_999;
  expect(isWritten()).toBe(false);
  now = 5_000;
  expect(isWritten()).toBe(true);
});

test('a file that cannot be written stops nobody', () => {
  expect(() => createPulse(join(folder, 'missing', 'health'))()).not.toThrow();
});

test('without a path nothing is written', () => {
  createPulse(undefined)();
  expect(readdirSync(folder)).toEqual([]);
});
