/** What an asset's views are asked for: through the public door, from a real counter. */
import { SELF } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { app } from '../../../../src/app.ts';
import { retentionSchema, viewsSchema } from '../../../../src/control/views/schemas.ts';
import { call, ORIGIN, problemOf } from '../../http/client.ts';
import { brokenCounters, putAssetRow, watch } from './api-fixture.ts';

const HOUR_MS = 3_600_000;
const FILM = '/v1/assets/film/views';
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Two views, one session that is none yet; 15 seconds of media. */
beforeAll(async () => {
  await putAssetRow('film', 'The film');
  await watch(
    'film',
    { session: 'one', viewer: '6fe1c09d2b7a4835', country: 'DE', device: 0, runs: [[0, 1, 6]] },
    {
      session: 'two',
      viewer: 'b30a95d4e1f8c267',
      country: 'FR',
      device: 1,
      runs: [
        [0, 1, 3],
        [1, 3, 8],
      ],
    },
    { session: 'three', country: 'FR', device: 1, runs: [[1, 60, 60]] },
  );
  await putAssetRow('unwatched');
});

describe('GET /v1/assets/{id}/views', () => {
  test('tells the totals of now, and the last 24 hours by hour', async () => {
    const { status, headers, body } = await call('GET', FILM);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    const views = viewsSchema.parse(body);
    expect(views).toMatchObject({
      assetId: 'film',
      views: 2,
      viewers: 2,
      minutes: 0.3,
      watching: 3,
      viewSeconds: 3,
      resolution: 'hour',
    });
    expect(Date.parse(views.to) - Date.parse(views.from)).toBe(25 * HOUR_MS);
    expect(sum(views.series.map((point) => point.views))).toBe(2);
    expect(Math.max(...views.series.map((point) => point.peakWatching))).toBe(3);
    expect(views.series.every(({ start }) => start >= views.from && start < views.to)).toBe(true);
  });

  test.each([
    ['country', { DE: { views: 1, minutes: 0.1 }, FR: { views: 1, minutes: 0.2 } }],
    ['device', { desktop: { views: 1, minutes: 0.1 }, mobile: { views: 1, minutes: 0.2 } }],
    ['rendition', { v1080: { views: 0, minutes: 0.2 }, v720: { views: 0, minutes: 0.1 } }],
  ])('splits hours by %s', async (by, parts) => {
    const { series } = viewsSchema.parse((await call('GET', `${FILM}?by=${by}`)).body);
    expect(series.map((point) => point.by)).toEqual([parts]);
  });

  test('tells the viewers of days', async () => {
    const { series } = viewsSchema.parse((await call('GET', `${FILM}?resolution=day`)).body);
    expect(series).toMatchObject([{ views: 2, viewers: 2, peakWatching: 3 }]);
  });

  test('of what nobody has watched is zeros, and of another time is empty', async () => {
    expect((await call('GET', '/v1/assets/unwatched/views')).body).toMatchObject({ views: 0, watching: 0, series: [] });
    const then = await call('GET', `${FILM}?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00%2B01:00`);
    expect(then.body).toMatchObject({ views: 2, to: '2020-01-01T23:00:00.000Z', series: [] });
  });

  test.each([
    ['a time that is none', 'from=yesterday'],
    ['a day that is none', 'from=2026-02-30T00:00:00Z'],
    ['a time without its zone', 'from=2026-02-01T00:00:00'],
    ['a number of seconds', 'from=1763596800'],
    ['a year of five digits', 'to=%2B12026-01-01T00:00:00Z'],
    ['a time that is the year 10000 in UTC', 'resolution=day&to=9999-12-31T23:59:59-14:00'],
    ['a time before the year 0 in UTC', 'resolution=day&from=0000-01-01T00:00:00%2B14:00'],
    ['a time of many digits', `from=2026-01-01T00:00:00.${'1'.repeat(5000)}Z`],
    ['a range that ends before it begins', 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z'],
    ['another resolution', 'resolution=week'],
    ['another dimension', 'by=address'],
    ['another format', 'format=xls'],
  ])('refuses %s', async (_, query) => {
    expect(problemOf(await call('GET', `${FILM}?${query}`))).toEqual([400, 'invalid_request']);
  });

  test('refuses minutes that are split, and a range that is too large, with what would fit', async () => {
    expect(problemOf(await call('GET', `${FILM}?resolution=minute&by=country`))).toEqual([422, 'resolution_too_fine']);
    const range = 'from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:00Z';
    const refused = await call('GET', `${FILM}?resolution=minute&${range}`);
    expect(problemOf(refused)).toEqual([422, 'range_too_large']);
    expect(refused.body).toMatchObject({ points: 10_080, maxPoints: 1_500, fits: { resolution: 'hour' } });
  });

  test('needs the token, and an asset', async () => {
    expect(problemOf(await call('GET', FILM, { token: null }))).toEqual([401, 'unauthorized']);
    for (const path of ['views', 'views?format=csv', 'views/events', 'retention']) {
      expect(problemOf(await call('GET', `/v1/assets/nowhere/${path}`))).toEqual([404, 'asset_not_found']);
    }
  });

  test('is unavailable where the counter is, never zero', async () => {
    const { env: broken } = brokenCounters(() => true);
    const headers = { authorization: `Bearer ${env.API_TOKEN}` };
    const { status } = await app.request(`${ORIGIN}${FILM}`, { headers }, broken);
    expect(status).toBe(503);
  });
});

describe('a series as a file', () => {
  const CSV = /^start,views,minutes,peakWatching\r\n\S+Z,2,0\.3,3\r\n$/;

  test.each([
    ['format=csv', {}],
    ['', { accept: 'text/csv' }],
    ['format=csv', { accept: 'application/json' }],
    ['', { accept: 'text/html;q=0.1, text/csv, application/json;q=0.5' }],
  ])('is CSV for %j and %j', async (query, headers) => {
    const answer = await call('GET', `${FILM}?${query}`, { headers });
    expect(answer.body).toMatch(CSV);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      'attachment; filename="views-film-hour.csv"',
    ]);
  });

  test.each([
    ['format=ndjson', {}],
    ['', { accept: 'application/x-ndjson' }],
  ])('is NDJSON for %j and %j', async (query, headers) => {
    const response = await SELF.fetch(`${ORIGIN}${FILM}?by=device&${query}`, {
      headers: { authorization: `Bearer ${env.API_TOKEN}`, ...headers },
    });
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { device: 'desktop', views: 1, minutes: 0.1 },
      { device: 'mobile', views: 1, minutes: 0.2 },
    ]);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="views-film-hour-device.ndjson"');
  });

  test.each([{}, { accept: '*/*' }, { accept: 'text/html' }])('is JSON for %j', async (headers) => {
    const { headers: sent } = await call('GET', FILM, { headers: headers as Record<string, string> });
    expect(sent.get('content-type')).toMatch(/^application\/json/);
  });
});

describe('GET /v1/assets/{id}/retention', () => {
  test('tells for each segment how many sessions were given it', async () => {
    const { version, segmentSeconds, sessions, curve } = retentionSchema.parse(
      (await call('GET', '/v1/assets/film/retention')).body,
    );
    expect([version, segmentSeconds, sessions, curve.length]).toEqual(['ver1', 1, 3, 60]);
    expect(curve[0]).toEqual({ segment: 1, startSeconds: 0, sessions: 2, share: 0.6667 });
    expect(curve[7]).toEqual({ segment: 8, startSeconds: 7, sessions: 1, share: 0.3333 });
    expect(curve[59]).toEqual({ segment: 60, startSeconds: 59, sessions: 1, share: 0.3333 });
    expect(sum(curve.map((point) => point.sessions))).toBe(15);
  });

  test('of a version that nobody has watched is empty', async () => {
    const empty = { version: null, segmentSeconds: null, sessions: 0, curve: [] };
    expect((await call('GET', '/v1/assets/unwatched/retention')).body).toEqual(empty);
    expect((await call('GET', '/v1/assets/film/retention?version=other')).body).toEqual(empty);
    expect((await call('GET', '/v1/assets/film/retention?version=ver1')).body).toMatchObject({ version: 'ver1' });
    expect(problemOf(await call('GET', '/v1/assets/film/retention?version=A'))).toEqual([400, 'invalid_request']);
  });
});

describe('GET /v1/assets/{id}/views/events', () => {
  test('tells the numbers, and tells them again when they have changed', async () => {
    await putAssetRow('followed');
    const response = await SELF.fetch(`${ORIGIN}/v1/assets/followed/views/events`, {
      headers: { authorization: `Bearer ${env.API_TOKEN}` },
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const readUntil = async (wanted: string) => {
      while (!text.includes(wanted)) {
        text += (await reader?.read())?.value ?? '';
      }
    };
    await readUntil('"views":0');
    await watch('followed', { session: 'session', runs: [[0, 1, 5]] });
    await readUntil('"views":1');
    await reader?.cancel();
  });
});
