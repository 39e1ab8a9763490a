/** How long uploads live, what is told of them, and the list. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { findUpload } from '../../../../src/catalog/uploads.ts';
import { sweepUploads } from '../../../../src/control/uploads/sweep-uploads.ts';
import { call, problemOf } from '../../http/client.ts';
import { begin, create, head, idOf, metadata, OCTETS, patch, placeOf, read } from './client.ts';

const HOUR_MS = 3_600_000;

let now = 0;
beforeEach(() => {
  now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
});
afterEach(() => vi.useRealTimers());

function pass(hours: number): void {
  now += hours * HOUR_MS;
  vi.setSystemTime(now);
}

const sweep = () => sweepUploads(env, Date.now());

describe('an upload', () => {
  test('that gets no bytes for a day is given up, also before the sweep', async () => {
    const place = await begin(6);
    await patch(place, 0, 'abc');
    pass(23);
    await sweep();
    expect(await read(place)).toMatchObject({ state: 'open', receivedBytes: 3 });
    pass(1.1);
    expect(problemOf(await patch(place, 3, 'def'))).toEqual([410, 'upload_gone']);
    await sweep();
    expect(await read(place)).toMatchObject({ state: 'expired', receivedBytes: 0 });
    expect((await head(place)).status).toBe(410);
  });

  test('that is used lives on, for six days', async () => {
    const place = await begin(100);
    const expiries = [];
    for (let offset = 0; offset < 7; offset++) {
      const { headers } = await patch(place, offset, 'x');
      expiries.push((Date.parse(headers.get('upload-expires') ?? '') - now) / HOUR_MS);
      pass(20);
    }
    await sweep();
    expect(expiries.map(Math.round)).toEqual([24, 24, 24, 24, 24, 24, 24]);
    await patch(place, 7, 'x');
    pass(4.5);
    expect((await patch(place, 8, 'x')).status).toBe(410);
  });

  test('does not write its expiry with every request', async () => {
    const place = await begin(6);
    const before = await findUpload(env.CATALOG, idOf(place));
    pass(0.5);
    await patch(place, 0, 'abc');
    expect((await findUpload(env.CATALOG, idOf(place)))?.updated_at).toBe(before?.updated_at);
  });

  test('whose bytes are all stored is settled, not given up', async () => {
    const place = await begin(3);
    // As if the database had failed when the last byte came.
    await patch(place, 0, 'abc');
    const expired = env.CATALOG.prepare("UPDATE uploads SET state = 'open', expires_at = 0 WHERE id = ?");
    await expired.bind(idOf(place)).run();
    await sweep();
    expect(await read(place)).toMatchObject({ state: 'finished' });
  });

  test('whose object is gone is given up all the same', async () => {
    const place = await begin(3);
    await patch(place, 0, 'abc');
    const { key } = (await findUpload(env.CATALOG, idOf(place))) ?? { key: '' };
    await env.MEDIA.delete(key);
    const expired = env.CATALOG.prepare("UPDATE uploads SET state = 'open', expires_at = 0 WHERE id = ?");
    await expired.bind(idOf(place)).run();
    await sweep();
    expect(await read(place)).toMatchObject({ state: 'expired' });
  });

  test('that has ended is forgotten after 30 days; one that is a source is known', async () => {
    const [done, gone] = [await begin(0), await begin(3)];
    await call('DELETE', `/v1/uploads/${idOf(gone)}`);
    pass(30 * 24 + 1);
    await sweep();
    expect(problemOf(await call('GET', `/v1/uploads/${idOf(gone)}`))).toEqual([404, 'upload_not_found']);
    expect(await read(done)).toMatchObject({ state: 'finished' });
  });

  test('a part that was never used expires with its object', async () => {
    const place = placeOf(
      await create({ 'upload-length': '3', 'upload-concat': 'partial', 'content-type': OCTETS }, { body: 'abc' }),
    );
    const { key } = (await findUpload(env.CATALOG, idOf(place))) ?? { key: '' };
    expect(await env.MEDIA.head(key)).not.toBeNull();
    pass(25);
    await sweep();
    expect(await env.MEDIA.head(key)).toBeNull();
    expect(await read(place)).toMatchObject({ state: 'expired' });
  });
});

const eventSchema = z.object({ type: z.string(), sequence: z.int(), data: z.looseObject({}) });

async function eventsOf(id: string) {
  const { body } = await call('GET', `/v1/events?asset=${id}`);
  return z
    .object({ events: z.array(eventSchema) })
    .parse(body)
    .events.sort((a, b) => a.sequence - b.sequence);
}

test('that cannot be looked up is locked, not lost: clients begin anew after any other refusal', async () => {
  const place = await begin(6);
  const broken = vi.spyOn(env.CATALOG, 'prepare').mockImplementation(() => {
    throw new Error('D1_ERROR: overloaded');
  });
  const answer = await head(place, { origin: 'https://app.example' });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([423, '1']);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect((await patch(place, 0, 'abc')).status).toBe(500);
  broken.mockRestore();
  expect((await head(place)).status).toBe(200);
});

test('events tell that it begins, and how it ends', async () => {
  const [done, expired] = [await begin(3, { 'upload-metadata': metadata({ filename: 'a.mp4' }) }), await begin(3)];
  await patch(done, 0, 'abc');
  pass(25);
  await sweep();
  await sweep();
  expect(await eventsOf(idOf(done))).toMatchObject([
    { type: 'upload.created', sequence: 1, data: { upload: { id: idOf(done), state: 'open', fileName: 'a.mp4' } } },
    { type: 'upload.finished', sequence: 2, data: { upload: { state: 'finished', lengthBytes: 3, expiresAt: null } } },
  ]);
  expect((await eventsOf(idOf(expired))).map(({ type }) => type)).toEqual(['upload.created', 'upload.expired']);
});

test('webhooks are told', async () => {
  const types = ['upload.finished'];
  const { body } = await call('POST', '/v1/webhooks', { json: { url: 'https://app.example/hook', types } });
  const { id } = z.looseObject({ id: z.string() }).parse(body);
  const place = await begin(3);
  await patch(place, 0, 'abc');
  const deliveries = (await call('GET', `/v1/webhooks/${id}/deliveries`)).body;
  expect(deliveries).toMatchObject({ deliveries: [{ type: 'upload.finished', asset: idOf(place), sequence: 2 }] });
  await call('DELETE', `/v1/webhooks/${id}`);
});

test('the list is newest first, in pages, and by state', async () => {
  const places = [];
  for (let count = 0; count < 3; count++) {
    pass(0.001);
    places.unshift(idOf(await begin(3)));
  }
  const page = async (query: string) => {
    const { body } = await call('GET', `/v1/uploads?${query}`);
    return z.object({ uploads: z.array(z.object({ id: z.string() })), nextCursor: z.string().nullable() }).parse(body);
  };
  const first = await page('limit=2&state=open');
  const second = await page(`limit=1&state=open&cursor=${first.nextCursor}`);
  expect([...first.uploads, ...second.uploads].map(({ id }) => id)).toEqual(places);
  expect((await page('state=failed')).uploads).toEqual([]);
});
