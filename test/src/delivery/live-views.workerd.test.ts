/** The numbers beside a player: who may see them, and how often a counter is asked. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LiveViews } from '../../../src/analytics/facts.ts';
import { ASK_MS, FRESH_MS, LiveViewNumbers, STALE_MS } from '../../../src/delivery/live-views.ts';
import { fetchPath, link, newEnv, putAsset, refusalOf } from './fixture.ts';
import { ManualClock, settle, times } from './tiers/fakes.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('GET /v/{link}/views', () => {
  const delivery = { ...newEnv(), VIEWS: env.VIEWS };
  beforeAll(async () => {
    await putAsset(delivery, 'asset1');
    await putAsset(delivery, 'open', { policy: 'public' });
    await putAsset(delivery, 'disabled', { disabled: true });
  });

  test('answers whoever could play, any page, and no cache', async () => {
    for (const token of [await link('asset1'), 'open']) {
      const response = await fetchPath(delivery, `/v/${token}/views`);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ views: 0, watching: 0 });
      expect(response.headers.get('cache-control')).toBe('private, no-store');
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    }
    expect((await fetchPath(delivery, '/v/open/views', { method: 'OPTIONS' })).status).toBe(204);
    expect((await fetchPath(delivery, '/v/open/views', { method: 'HEAD' })).status).toBe(200);
  });

  test('and nobody else', async () => {
    const refusals: [string, string][] = [
      ['asset1', '403 link_required'],
      ['nothing', '404 asset_not_found'],
      [await link('disabled'), '403 asset_disabled'],
      [await link('asset1', { expiresInSeconds: -60 }), '403 link_expired'],
      [await link('asset1', { rules: { countries: { allow: ['DE'] } } }), '403 rule_country'],
      [`${(await link('asset1')).slice(0, -6)}AAAAAA`, '403 link_signature'],
    ];
    for (const [token, expected] of refusals) {
      expect(await refusalOf(await fetchPath(delivery, `/v/${token}/views`))).toBe(expected);
    }
  });

  test('says so where nothing is counted', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await refusalOf(await fetchPath(newEnv(), '/v/open/views'))).toBe('503 unavailable');
  });
});

function newNumbers() {
  const clock = new ManualClock();
  const counter = { calls: 0, views: 1, answer: null as null | (() => Promise<LiveViews>) };
  const numbers = new LiveViewNumbers({
    ask: async () => {
      counter.calls += 1;
      return counter.answer?.() ?? { views: counter.views, watching: 0, watchMs: 0, viewers: 0 };
    },
    waitUntil: () => {},
    startTimer: clock.startTimer,
    now: clock.now,
  });
  const read = async (): Promise<unknown> => {
    const reading = numbers.read('asset1').then(
      ({ views }) => views,
      (error) => error.code,
    );
    await settle();
    return reading;
  };
  return { clock, counter, numbers, read };
}

describe('an isolate', () => {
  test('asks once in a second, however many pages do', async () => {
    const { clock, counter, read } = newNumbers();
    expect(await Promise.all(times(50, read))).toEqual(Array(50).fill(1));
    counter.views = 2;
    clock.advance(FRESH_MS - 1);
    expect([await read(), counter.calls]).toEqual([1, 1]);
    clock.advance(1);
    expect([await read(), counter.calls]).toEqual([2, 2]);
    clock.advance(-3_600_000);
    expect([await read(), counter.calls]).toEqual([2, 3]);
  });

  test('goes on with what it had while the counter fails, and not for long', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { clock, counter, read } = newNumbers();
    await read();
    counter.answer = () => Promise.reject(new Error('down'));
    clock.advance(STALE_MS - 1);
    expect(await read()).toBe(1);
    clock.advance(1);
    expect(await read()).toBe('unavailable');
    counter.answer = null;
    expect(await read()).toBe(1);
  });

  test('waits for a counter that hangs, and not for long', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { clock, counter, numbers } = newNumbers();
    counter.answer = () => new Promise<LiveViews>(() => {});
    const reading = numbers.read('asset1').catch((error) => error.code);
    await settle();
    clock.advance(ASK_MS);
    expect(await reading).toBe('unavailable');
    expect(clock.running).toBe(0);
  });
});
