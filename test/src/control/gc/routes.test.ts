/** `/v1/collections` by its public door. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { garbageCollector } from '../../../../src/control/gc/client.ts';
import { call, createAsset, problemOf } from '../../http/client.ts';

const answerSchema = z.looseObject({ id: z.string(), state: z.string() });

/** Its alarm may have fired by itself. */
async function finish(id: string) {
  let collection: unknown;
  do {
    await runDurableObjectAlarm(garbageCollector(env));
    collection = (await call('GET', `/v1/collections/${id}`)).body;
  } while (answerSchema.parse(collection).state === 'running');
  return collection;
}

test('a dry run is started, read and listed', async () => {
  await createAsset('collected');
  const { status, headers, body } = await call('POST', '/v1/collections', { json: { dryRun: true } });
  expect(status).toBe(202);
  const { id } = answerSchema.parse(body);
  expect(headers.get('location')).toBe(`/v1/collections/${id}`);
  const done = await finish(id);
  expect(done).toMatchObject({ id, state: 'done', dryRun: true, orphans: false, listed: 1, deleted: [], waiting: [] });
  expect(done).toMatchObject({
    kept: [{ reason: 'source_of_asset', objects: 1, bytes: 17, samples: ['sources/collected/collected.mp4'] }],
  });
  expect((await call('GET', '/v1/collections')).body).toEqual({ collections: [done] });
});

test('only one runs, what it takes is checked, and the token is needed', async () => {
  expect(problemOf(await call('POST', '/v1/collections', { json: {} }))).toEqual([400, 'invalid_request']);
  expect(problemOf(await call('POST', '/v1/collections', { json: { dryRun: true }, token: null }))).toEqual([
    401,
    'unauthorized',
  ]);
  expect(problemOf(await call('GET', '/v1/collections/nope'))).toEqual([404, 'collection_not_found']);
});
