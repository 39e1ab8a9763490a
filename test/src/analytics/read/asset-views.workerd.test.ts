/** What is read from the catalog's roll-ups: an asset's numbers in its own answer, and which assets are watched most. */

import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TOP_QUERIES, TOP_WINDOWS } from '../../../../src/analytics/read/asset-views.ts';
import { assetDetailSchema } from '../../../../src/control/resources/schemas.ts';
import { putAssetRow, putRollUp } from '../../control/views/api-fixture.ts';
import { call, createAsset, problemOf } from '../../http/client.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.parse('2026-11-20T12:00:00Z');

beforeEach(async () => {
  // Other files share the catalog; here it matters what is in all of it.
  await env.CATALOG.prepare('DELETE FROM asset_views').run();
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an asset', () => {
  test('shows its roll-up, and null where it has none', async () => {
    const { id } = await createAsset('rolled');
    const read = async () => assetDetailSchema.parse((await call('GET', `/v1/assets/${id}`)).body).views;
    expect(await read()).toBeNull();
    await putRollUp(id, { views: 7, viewers: 6, watchSeconds: 90, watching: 2 });
    expect(await read()).toEqual({ views: 7, viewers: 6, minutes: 1.5, watching: 2 });
    await putRollUp(id, { views: 7, viewers: 6, watchSeconds: 90, watching: 2 }, NOON - HOUR_MS);
    expect(await read()).toEqual({ views: 7, viewers: 6, minutes: 1.5, watching: 0 });
  });
});

describe('GET /v1/views/top', () => {
  const top = async (query: string) => (await call('GET', `/v1/views/top?${query}`)).body;

  test('orders by who watches now, by views of today, and of all time', async () => {
    for (const id of ['top1', 'top2', 'top3', 'top4']) {
      await putAssetRow(id, `Title ${id}`);
    }
    await putRollUp('top1', { views: 1e9, watching: 0, dayViews: 5 });
    await putRollUp('top2', { views: 2e9, watching: 3, dayViews: 9 }, NOON - 10_000);
    await putRollUp('top3', { views: 3e9, watching: 9, dayViews: 99 }, NOON - 12 * HOUR_MS - 1);
    await putRollUp('top4', { views: 4e9, watching: 2, dayViews: 0 });
    const entry = (id: string, number: number) => ({ id, title: `Title ${id}`, number });
    expect(await top('window=now')).toEqual({ window: 'now', assets: [entry('top2', 3), entry('top4', 2)] });
    expect(await top('window=today')).toEqual({ window: 'today', assets: [entry('top2', 9), entry('top1', 5)] });
    expect(await top('window=all&limit=3')).toEqual({
      window: 'all',
      assets: [entry('top4', 4e9), entry('top3', 3e9), entry('top2', 2e9)],
    });
  });

  test.each(['window=week', 'limit=0', 'limit=101', 'limit=x'])('refuses %s', async (query) => {
    expect(problemOf(await call('GET', `/v1/views/top?${query}`))).toEqual([400, 'invalid_request']);
  });

  test.each(TOP_WINDOWS)('of %s is found by an index, not by reading every asset', async (window) => {
    const statement = env.CATALOG.prepare(`EXPLAIN QUERY PLAN ${TOP_QUERIES[window]}`).bind(0, 10);
    const { results } = await statement.all<{ detail: string }>();
    const index = window === 'all' ? 'asset_views_most' : 'asset_views_latest';
    expect(results.map(({ detail }) => detail)).toContainEqual(expect.stringMatching(`^SEARCH v USING INDEX ${index}`));
  });
});
