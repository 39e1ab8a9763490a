import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HeldRows } from '../../../../../src/control/uploads/session/held-rows.ts';
import { HELD_BYTES_MAX, HELD_MS_MAX } from '../../../../../src/control/uploads/session/limits.ts';

const MIB = 1024 ** 2;
const all: HeldRows[] = [];
const newRows = (): HeldRows => {
  const rows = new HeldRows();
  all.push(rows);
  return rows;
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  for (const rows of all.splice(0)) {
    rows.dropFrom(0);
  }
});

test('uploads share what an isolate may hold', () => {
  const [one, other] = [newRows(), newRows()];
  for (let bytes = 0; bytes < HELD_BYTES_MAX; bytes += 2 * MIB) {
    one.add(bytes, new Uint8Array(MIB));
    other.add(bytes, new Uint8Array(MIB));
  }
  expect(other.isOver).toBe(false);
  other.add(2 ** 40, new Uint8Array(1));
  expect([one.isOver, other.isOver]).toEqual([true, true]);
  one.dropBefore(MIB);
  expect(other.isOver).toBe(false);
});

test('what else is in memory for a moment fits beside the rows of all uploads, or not', () => {
  const [one, other] = [newRows(), newRows()];
  one.add(0, new Uint8Array(MIB));
  expect([other.hasRoomFor(HELD_BYTES_MAX - MIB), other.hasRoomFor(HELD_BYTES_MAX - MIB + 1)]).toEqual([true, false]);
});

test('the oldest row decides how long rows are held', () => {
  const rows = newRows();
  rows.add(0, new Uint8Array(1));
  vi.advanceTimersByTime(HELD_MS_MAX);
  rows.add(1, new Uint8Array(1));
  expect(rows.isOver).toBe(false);
  vi.advanceTimersByTime(1);
  expect(rows.isOver).toBe(true);
  rows.dropBefore(1);
  expect(rows.isOver).toBe(false);
});

test('a row is a copy, at its position', () => {
  const rows = newRows();
  const bytes = new Uint8Array([1]);
  rows.add(7, bytes);
  bytes[0] = 2;
  expect(rows.entries()).toEqual([[7, new Uint8Array([1])]]);
  expect([rows.firstPosition, rows.at(7)?.[0], rows.at(6)]).toEqual([7, 1, undefined]);
  rows.dropFrom(7);
  expect(rows.firstPosition).toBe(Number.POSITIVE_INFINITY);
});
