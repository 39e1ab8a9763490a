/** What is read from the catalog's roll-ups: an asset's numbers in its own answer, and which assets are watched most. */

import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ViewCounter } from '../../../../src/analytics/count/view-counter.ts';
import { TOP_WINDOWS, topQueries } from '../../../../src/analytics/read/asset-views.ts';
import { assetDetailSchema } from '../../../../src/control/resources/schemas.ts';
import { Sql } from '../../../../src/platform/sql.ts';
import { putAssetRow, putRollUp } from '../../control/views/api-fixture.ts';
import { call, createAsset, problemOf } from '../../http/client.ts';
import { counterOf, textOf } from '../count/counter-fixture.ts';

const HOUR_MS = 3_600_000;
/** Ahead of the runtime's clock, so that no alarm runs. */
const NOON = Date.parse('2046-11-20T12:00:00Z');

beforeEach(async () => {
  // Other files share the catalog; here it matters what is in all of it.
  await env.CATALOG.prepare('DELETE FROM asset_views').run();
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const watch = (assetId: string, sessions: number) =>
  counterOf(assetId).record(
    textOf(
      assetId,
      Array.from({ length: sessions }, (_, at) => ({ id: `s${at}`, runs: [[0, 1, 3]] })),
    ),
  );
const passTime = (ms: number) => vi.setSystemTime(Date.now() + ms);

describe('an asset', () => {
  const readOf = async (id: string) => assetDetailSchema.parse((await call('GET', `/v1/assets/${id}`)).body).views;

  test('shows its copy while that is new, or so old that nobody watches, and null where it has none', async () => {
    const { id } = await createAsset('rolled');
    expect(await readOf(id)).toBeNull();
    await putRollUp(id, { views: 7, viewers: 6, watchSeconds: 90, watching: 2 });
    expect(await readOf(id)).toEqual({ views: 7, viewers: 6, minutes: 1.5, watching: 2 });
    await putRollUp(id, { views: 7, viewers: 6, watchSeconds: 90, watching: 2 }, NOON - 2 * HOUR_MS);
    expect(await readOf(id)).toEqual({ views: 7, viewers: 6, minutes: 1.5, watching: 0 });
  });

  test('asks its counter where the copy may be out of date, and shows the copy where that does not answer', async () => {
    const { id } = await createAsset('asked');
    await watch(id, 1);
    passTime(20 * 60_000);
    await watch(id, 3);
    expect(await readOf(id)).toEqual({ views: 3, viewers: 3, minutes: 0.6, watching: 3 });
    const live = vi.spyOn(ViewCounter.prototype, 'live').mockRejectedValue(new Error('gone'));
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await readOf(id)).toEqual({ views: 1, viewers: 1, minutes: 0.2, watching: 0 });
    live.mockRestore();
    vi.restoreAllMocks();
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

  test('of now asks the counters of assets that were watched within the hour', async () => {
    for (const id of ['now1', 'now2', 'now3', 'now4']) {
      await putAssetRow(id, id);
      await watch(id, id === 'now2' ? 2 : 1);
    }
    passTime(10 * 60_000);
    expect(await top('window=now')).toEqual({ window: 'now', assets: [] });
    await watch('now1', 3);
    await watch('now3', 4);
    const entry = (id: string, number: number) => ({ id, title: id, number });
    expect(await top('window=now')).toEqual({ window: 'now', assets: [entry('now3', 4), entry('now1', 3)] });
    expect(await top('window=now&limit=1')).toEqual({ window: 'now', assets: [entry('now3', 4)] });
  });

  test('of all time ranks numbers of as many digits', async () => {
    for (const [id, views] of [
      ['d1', 9],
      ['d2', 10],
      ['d3', 99],
      ['d4', 100],
    ] as const) {
      await putAssetRow(id, id);
      await putRollUp(id, { views });
    }
    const ids = async (limit: number) =>
      ((await top(`window=all&limit=${limit}`)) as { assets: { id: string }[] }).assets.map(({ id }) => id);
    expect(await ids(1)).toEqual(['d4']);
    expect(await ids(2)).toEqual(['d4', 'd3']);
    expect(await ids(10)).toEqual(['d4', 'd3', 'd2', 'd1']);
  });

  test.each(['window=week', 'limit=0', 'limit=101', 'limit=x'])('refuses %s', async (query) => {
    expect(problemOf(await call('GET', `/v1/views/top?${query}`))).toEqual([400, 'invalid_request']);
  });

  test.each(TOP_WINDOWS)('of %s is found by an index, not by reading every asset', async (window) => {
    const { text, values } = topQueries[window](NOON, 10);
    const { results } = await new Sql(`EXPLAIN QUERY PLAN ${text}`, values).on(env.CATALOG).all<{ detail: string }>();
    const index = window === 'all' ? 'asset_views_digits' : 'asset_views_week';
    expect(results.map(({ detail }) => detail)).toContainEqual(expect.stringMatching(`^SEARCH v USING INDEX ${index}`));
  });
});
