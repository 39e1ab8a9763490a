/** When isolates report: on the back of requests, seldom, and never at a request's expense. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { REPORT_INTERVAL_MS } from '../../../src/metrics/isolate-reporter.ts';
import type { Totals } from '../../../src/metrics/meter.ts';
import { ORIGIN } from '../http/client.ts';

// A new isolate: those before may have reported by a clock that was ahead of this one.
vi.resetModules();
const { app } = await import('../../../src/app.ts');

type Made = { isolate: string; totals: Totals };

/** In the place of the Metrics object: remembers, and can be made to be away. */
const object = {
  made: [] as Made[],
  away: false,
  report: async (isolate: string, totals: Totals): Promise<boolean> => {
    object.made.push({ isolate, totals });
    if (object.away) {
      throw new Error('overloaded');
    }
    return true;
  },
  collect: () => Promise.reject(new Error('overloaded')),
};
const METRICS = { idFromName: (name: string) => name, get: () => object };

async function request(path: string, headers: Record<string, string> = {}): Promise<number> {
  const context = createExecutionContext();
  const { status } = await app.request(`${ORIGIN}${path}`, { headers }, { ...env, METRICS }, context);
  await waitOnExecutionContext(context);
  return status;
}

let now = Date.now();
const passTime = (ms: number): void => {
  now += ms;
  vi.setSystemTime(now);
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now });
  // Whatever was reported before: a report is due.
  passTime(REPORT_INTERVAL_MS);
  Object.assign(object, { made: [], away: false });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const refusals = (report: Made | undefined) => report?.totals['sluice_refusals_total not_found'] ?? 0;

describe('an isolate', () => {
  test('reports once in the interval, however many requests there are, with all that it has counted', async () => {
    await request('/nowhere');
    await request('/nowhere');
    passTime(REPORT_INTERVAL_MS - 1);
    await request('/nowhere');
    expect(object.made).toHaveLength(1);
    passTime(1);
    await request('/nowhere');
    expect(object.made).toHaveLength(2);
    const [first, second] = object.made;
    expect(second?.isolate).toBe(first?.isolate);
    expect(refusals(second) - refusals(first)).toBe(3);
  });

  test('answers as ever when the object is away, and makes up for it in the next report', async () => {
    const warned = vi.spyOn(console, 'warn').mockReturnValue();
    object.away = true;
    expect(await request('/healthz')).toBe(200);
    expect(await request('/nowhere')).toBe(404);
    expect(warned).toHaveBeenCalledTimes(1);
    object.away = false;
    passTime(REPORT_INTERVAL_MS);
    await request('/nowhere');
    const [failed, next] = object.made;
    expect(refusals(next) - refusals(failed)).toBe(2);
  });

  test('that cannot ask for the sums says so, instead of showing its own', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    expect(await request('/metrics', { authorization: `Bearer ${env.API_TOKEN}` })).toBe(503);
  });
});
