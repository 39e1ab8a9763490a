/** The Durable Object behind /metrics: what survives a restart, and what is written. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RETIRE_AFTER_MS } from '../../../src/metrics/isolate-reporter.ts';
import { SERIES_KEYS } from '../../../src/metrics/metric-series.ts';
import { FLUSH_MS } from '../../../src/metrics/metrics-object.ts';

const [A = '', B = ''] = SERIES_KEYS;
let objects = 0;

function newObject() {
  objects += 1;
  return env.METRICS.get(env.METRICS.idFromName(`metrics-${objects}`));
}
const sumOf = async (object: ReturnType<typeof newObject>) => (await object.collect('reader', {})).totals;
const rowsOf = (object: ReturnType<typeof newObject>) =>
  runInDurableObject(object, (_, { storage }) => storage.sql.exec('SELECT * FROM pages').toArray().length);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the Metrics object', () => {
  test('adds up isolates that report out of order, twice and late', async () => {
    const object = newObject();
    await object.report('two', { [A]: 10 });
    await object.report('one', { [A]: 7, [B]: 2 });
    await object.report('one', { [A]: 5, [B]: 1 });
    await Promise.all([object.report('two', { [A]: 11 }), object.report('two', { [A]: 10 })]);
    expect(await sumOf(object)).toEqual({ [A]: 18, [B]: 2 });
  });

  test('still knows everything when it is restarted after a flush, and adds on', async () => {
    const object = newObject();
    await object.report('one', { [A]: 7 });
    await object.report('two', { [A]: 1 });
    expect(await runDurableObjectAlarm(object)).toBe(true);
    await evictDurableObject(object);
    expect(await sumOf(object)).toEqual({ [A]: 8 });
    await object.report('one', { [A]: 9 });
    expect(await sumOf(object)).toEqual({ [A]: 10 });
  });

  test('flushes in time, though it is restarted between reports', async () => {
    const object = newObject();
    await object.report('one', { [A]: 7 });
    const alarm = () => runInDurableObject(object, (_, { storage }) => storage.getAlarm());
    const atMs = await alarm();
    await evictDurableObject(object);
    vi.setSystemTime(Date.now() + FLUSH_MS / 2);
    await object.report('one', { [A]: 8 });
    expect([typeof atMs, await alarm()]).toEqual(['number', atMs]);
  });

  test('flushes again and again: what is stored is the latest, of isolates that are still there', async () => {
    const object = newObject();
    for (const value of [7, 9, 12]) {
      await object.report('one', { [A]: value });
      vi.setSystemTime(Date.now() + FLUSH_MS);
      expect(await runDurableObjectAlarm(object)).toBe(true);
    }
    await evictDurableObject(object);
    await object.report('one', { [A]: 13 });
    expect(await sumOf(object)).toEqual({ [A]: 13 });
  });

  test('leaves no row behind when it needs fewer: nothing would be read twice', async () => {
    const object = newObject();
    const many = Object.fromEntries(SERIES_KEYS.map((key, index) => [key, index + 1]));
    for (let index = 0; index < 60; index += 1) {
      await object.report(`i${index}`, many);
    }
    await runDurableObjectAlarm(object);
    expect(await rowsOf(object)).toBeGreaterThan(1);
    vi.setSystemTime(Date.now() + RETIRE_AFTER_MS + 1);
    await object.report('alive', { [A]: 1 });
    const before = await sumOf(object);
    await runDurableObjectAlarm(object);
    expect(await rowsOf(object)).toBe(1);
    await evictDurableObject(object);
    expect(await sumOf(object)).toEqual(before);
  });

  test('restarted before a flush is right again with the next report of who is left', async () => {
    const object = newObject();
    await object.report('one', { [A]: 7 });
    await runDurableObjectAlarm(object);
    await object.report('one', { [A]: 8 });
    await evictDurableObject(object);
    await object.report('one', { [A]: 9 });
    expect(await sumOf(object)).toEqual({ [A]: 9 });
  });

  test('writes one row for many isolates, and sets one alarm for many reports', async () => {
    const object = newObject();
    for (let index = 0; index < 100; index += 1) {
      await object.report(`i${index}`, { [A]: 1 });
    }
    expect(await rowsOf(object)).toBe(0);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await runDurableObjectAlarm(object)).toBe(false);
    expect(await rowsOf(object)).toBe(1);
  });

  test('flushes in time however many reports come: none puts it off', async () => {
    const object = newObject();
    const alarmOf = () => runInDurableObject(object, (_, { storage }) => storage.getAlarm());
    const dueMs = Date.now() + FLUSH_MS;
    for (let index = 0; index < 4; index += 1) {
      await object.report(`i${index}`, { [A]: 1 });
      expect(await alarmOf()).toBe(dueMs);
      vi.setSystemTime(Date.now() + FLUSH_MS / 5);
    }
  });

  test('folds in isolates that are gone; sums stay', async () => {
    const object = newObject();
    await object.report('gone', { [A]: 7 });
    vi.setSystemTime(Date.now() + RETIRE_AFTER_MS + 1);
    await object.report('alive', { [A]: 1 });
    await runDurableObjectAlarm(object);
    const text = await runInDurableObject(object, (_, { storage }) =>
      String(storage.sql.exec('SELECT text FROM pages').one()['text']),
    );
    expect(text).not.toContain('gone');
    expect(text).toContain('alive');
    await evictDurableObject(object);
    expect(await sumOf(object)).toEqual({ [A]: 8 });
  });
});
