/**
 * Whoever reads the bucket behind the caches, in whatever isolate, reports it: the shield and the media origin without any
 * request to the Worker. `/metrics` is asked of another isolate (modules loaded before those that the objects run on),
 * which knows only what was reported.
 */
import { env, exports } from 'cloudflare:workers';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CALL_HEADER, mediaUrl } from '../../../src/delivery/tiers/media-origin-protocol.ts';
import { REPORT_INTERVAL_MS } from '../../../src/metrics/isolate-reporter.ts';
import { ORIGIN } from '../http/client.ts';

// Shield and origin are loaded at their first call: with memories and counters of their own, as are those of the app.
vi.resetModules();
const { app } = await import('../../../src/app.ts');
vi.resetModules();

const { MediaOrigin } = exports as unknown as { MediaOrigin: Fetcher };
const keyOf = (number: number): string => `assets/cold/ver1/v360/1/${number}.m4s`;
const SERIES = /^sluice_r2_reads_total\{kind="media"\} (\d+)$/m;

let now = Date.now();
const passTime = (ms: number): void => {
  now += ms;
  vi.setSystemTime(now);
};

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now });
});
afterAll(() => {
  vi.useRealTimers();
});
beforeEach(() => {
  // Whatever was reported before: a report is due.
  passTime(REPORT_INTERVAL_MS);
});

async function mediaReads(): Promise<number> {
  const answer = await app.request(`${ORIGIN}/metrics`, { headers: { authorization: `Bearer ${env.API_TOKEN}` } }, env);
  return Number(SERIES.exec(await answer.text())?.[1] ?? Number.NaN);
}

/** Reports are under way when an answer is there: `/metrics` is asked until one has arrived. */
const expectReads = (expected: number) =>
  vi.waitFor(async () => expect(await mediaReads()).toBe(expected), { interval: 5 });

const throughShield = async (key: string): Promise<string> =>
  (await env.SHIELDS.get(env.SHIELDS.idFromName(key)).read(key)).kind;

async function throughOrigin(key: string): Promise<number> {
  const response = await MediaOrigin.fetch(mediaUrl(key), { headers: { [CALL_HEADER]: 'c' } });
  await response.arrayBuffer();
  return response.status;
}

test('another isolate knows nothing by itself', async () => {
  expect(await mediaReads()).toBe(0);
});

describe.each([
  ['the shield', throughShield, 100, 'held', 'missing'],
  ['the media origin', throughOrigin, 200, 200, 404],
] as const)('%s', (_, read, first, there, missing) => {
  test('reports its first read with it', async () => {
    const before = await mediaReads();
    await env.MEDIA.put(keyOf(first), 'x');
    expect(await read(keyOf(first))).toBe(there);
    await expectReads(before + 1);
  });

  test('reports several, missing ones too, with the first that comes after the interval', async () => {
    const before = await mediaReads();
    for (let number = first + 1; number < first + 5; number += 1) {
      await env.MEDIA.put(keyOf(number), 'x');
      expect(await read(keyOf(number))).toBe(there);
    }
    expect(await read(keyOf(first + 5))).toBe(missing);
    // One at once, the others are counted and wait.
    await expectReads(before + 1);
    passTime(REPORT_INTERVAL_MS);
    await env.MEDIA.put(keyOf(first + 6), 'x');
    await read(keyOf(first + 6));
    await expectReads(before + 6);
  });
});
