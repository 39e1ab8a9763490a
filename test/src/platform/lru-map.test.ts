import { expect, test } from 'vitest';
import { LruMap } from '../../../src/platform/lru-map.ts';

test('drops what was read longest ago', () => {
  const map = new LruMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
});

test('counts weights, also of what is replaced', () => {
  const map = new LruMap<string, number>(10);
  map.set('a', 1, 6);
  map.set('a', 2, 4);
  map.set('b', 3, 6);
  expect([map.get('a'), map.get('b')]).toEqual([2, 3]);
  map.set('c', 4, 5);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, undefined, 4]);
});

test('tells of all that goes: replaced, dropped, deleted, and too heavy, which pushes nobody out', () => {
  const gone: number[] = [];
  const map = new LruMap<string, number>(2, (value) => gone.push(value));
  map.set('a', 1);
  map.set('a', 2);
  map.set('b', 3);
  map.set('c', 4, 3);
  expect([gone, map.get('a'), map.get('b')]).toEqual([[1, 4], 2, 3]);
  map.set('d', 5);
  map.delete('d');
  map.delete('d');
  expect(gone).toEqual([1, 4, 2, 5]);
});

test('does not keep what is heavier than all it may hold, nor the old value', () => {
  const map = new LruMap<string, number>(10);
  map.set('a', 1);
  map.set('a', 2, 11);
  expect([map.get('a'), map.size]).toEqual([undefined, 0]);
});
