/** What a kid that is not known costs, and how soon it is known. Time passes by hand; the bucket counts its reads. */
import { describe, expect, test } from 'vitest';
import { ANEW_PAUSE_MS, ANEW_WAITING_MAX, RefreshAhead } from '../../../../src/delivery/state/refresh-ahead.ts';
import { EDGE_KEYS_KEY } from '../../../../src/media/keys.ts';
import { newKeyPair } from '../../access/keys.ts';
import { ManualClock, settle, times } from '../tiers/fakes.ts';
import { FaultyObjects, newEdgeState } from './edge-state.ts';

const { key } = await newKeyPair('EdDSA');
const keysText = (...kids: string[]): string =>
  JSON.stringify({ keys: kids.map((kid) => ({ ...key, kid, createdAt: new Date(0).toISOString() })) });

/** An isolate that has read the keys at the start. */
async function newIsolate(kids: string[] | null) {
  const objects = new FaultyObjects();
  const register = (...all: string[]) => objects.objects.set(EDGE_KEYS_KEY, keysText(...all));
  kids !== null && register(...kids);
  const { state, at, clock } = newEdgeState(objects);
  await state.signingKeys(at(0));
  const anew = async (nowMs: number) => (await state.signingKeysAnew(nowMs)).keys.map(({ kid }) => kid);
  return { objects, register, state, at, clock, anew };
}

describe('a key that was registered a moment ago', () => {
  test.each([[null], [[]], [['first']]])('is found at once, beside %j', async (before) => {
    const { objects, register, at, anew } = await newIsolate(before);
    register(...(before ?? []), 'new');
    expect(await anew(at(1))).toEqual([...(before ?? []), 'new']);
    expect(objects.reads).toBe(2);
  });

  test('is found by whoever asks for a known one afterwards', async () => {
    const { objects, register, state, at, anew } = await newIsolate([]);
    register('new');
    await anew(at(1));
    expect((await state.signingKeys(at(2))).keys).toHaveLength(1);
    expect(objects.reads).toBe(2);
  });

  test('is found within a second after another one was looked for', async () => {
    const { objects, register, at, anew } = await newIsolate([]);
    await anew(at(1));
    register('new');
    const found = anew(at(400));
    await settle();
    expect(objects.reads).toBe(2);
    at(ANEW_PAUSE_MS + 1);
    expect(await found).toEqual(['new']);
    expect(objects.reads).toBe(3);
  });

  test('is not missed by who met a read that had begun before', async () => {
    const { objects, register, at, anew } = await newIsolate([]);
    const { promise, resolve } = Promise.withResolvers<void>();
    objects.delay = promise;
    const early = anew(at(1));
    await settle();
    register('new');
    const late = anew(at(500));
    await settle();
    at(ANEW_PAUSE_MS);
    resolve();
    at(ANEW_PAUSE_MS + 1);
    expect(await early).toEqual([]);
    expect(await late).toEqual(['new']);
  });

  test('is unavailable, not unknown, where the bucket fails', async () => {
    const { objects, at, anew } = await newIsolate(['first']);
    objects.does = 'fail';
    await expect(anew(at(1))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a flood of unknown kids', () => {
  test('is one read a second, whether they come at once or one after the other', async () => {
    const clock = new ManualClock();
    let reads = 0;
    const load = async () => {
      reads += 1;
      return 'keys';
    };
    const flights = { waitUntil: () => {}, startTimer: clock.startTimer, now: clock.now };
    const keys = new RefreshAhead({ ...flights, maxAgeMs: 10_000, load });
    const answers: Promise<string | null>[] = [];
    for (let elapsedMs = 0; elapsedMs < 10_000; elapsedMs += 50) {
      answers.push(...times(10, () => keys.readAnew('key', clock.now())));
      await settle();
      clock.advance(50);
    }
    clock.advance(ANEW_PAUSE_MS);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['keys']));
    expect(reads).toBeGreaterThanOrEqual(10);
    expect(reads).toBeLessThanOrEqual(11);
  });

  test('keeps a hundred waiting; the others are told what is known', async () => {
    const { objects, clock, at, anew } = await newIsolate(['first']);
    await anew(at(1));
    const flood = times(1000, () => anew(at(2)));
    await settle();
    expect(clock.running).toBe(ANEW_WAITING_MAX);
    expect(await Promise.all(flood.slice(ANEW_WAITING_MAX))).toEqual(Array(1000 - ANEW_WAITING_MAX).fill(['first']));
    at(ANEW_PAUSE_MS + 1);
    expect(await Promise.all(flood)).toEqual(Array(1000).fill(['first']));
    expect(objects.reads).toBe(3);
  });

  test('of requests that the platform ended takes no place for ever', async () => {
    const { clock, at, anew } = await newIsolate(['first']);
    await anew(at(1));
    void times(ANEW_WAITING_MAX, () => anew(at(2)));
    await settle();
    expect(clock.running).toBe(ANEW_WAITING_MAX);
    // Their timers never fire.
    const { running } = clock;
    await anew(at(2 * ANEW_PAUSE_MS));
    void anew(at(2 * ANEW_PAUSE_MS + 1));
    await settle();
    expect(clock.running).toBeLessThanOrEqual(running);
    expect(clock.running).toBe(1);
  });

  test('waits no longer than a second after the clock was set back', async () => {
    const { objects, clock, at, anew } = await newIsolate(['first']);
    await anew(at(100_000));
    const reads = objects.reads;
    await anew(clock.now() - 90_000);
    expect(objects.reads).toBe(reads + 1);
  });
});
