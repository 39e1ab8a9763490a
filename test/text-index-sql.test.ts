import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string): string => readFileSync(new URL(`../src/catalog/${name}`, import.meta.url), 'utf8');
const tablesOf = (text: string) => text.match(/CREATE VIRTUAL TABLE [^;]*;/g);

test('the index that is built again is the one of the migration', () => {
  expect(tablesOf(read('text-index.sql'))).toEqual(tablesOf(read('migrations/0023_catalog.sql')));
  expect(tablesOf(read('text-index.sql'))).toHaveLength(2);
});
