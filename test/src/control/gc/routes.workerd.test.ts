/** `/v1/gc-runs` by its public door. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { garbageCollector } from '../../../../src/control/gc/garbage-collector.ts';
import { call, createAsset, problemOf } from '../../http/client.ts';

const answerSchema = z.looseObject({ id: z.string(), state: z.string() });

/** Its alarm may have fired by itself. */
async function finish(id: string) {
  let run: unknown;
  do {
    await runDurableObjectAlarm(garbageCollector(env));
    run = (await call('GET', `/v1/gc-runs/${id}`)).body;
  } while (answerSchema.parse(run).state === 'running');
  return run;
}

test('a dry run is started, read and listed', async () => {
  await createAsset('collected');
  const { status, headers, body } = await call('POST', '/v1/gc-runs', { json: { dryRun: true } });
  expect(status).toBe(202);
  const { id } = answerSchema.parse(body);
  expect(headers.get('location')).toBe(`/v1/gc-runs/${id}`);
  const done = await finish(id);
  expect(done).toMatchObject({ id, state: 'done', dryRun: true, orphans: false, listed: 1, deleted: [], waiting: [] });
  expect(done).toMatchObject({
    kept: [{ reason: 'source_of_asset', objects: 1, bytes: 17, samples: ['sources/collected/collected.mp4'] }],
  });
  expect((await call('GET', '/v1/gc-runs')).body).toEqual({ runs: [done] });
});

test('only one runs, what it takes is checked, and the token is needed', async () => {
  expect(problemOf(await call('POST', '/v1/gc-runs', { json: {} }))).toEqual([400, 'invalid_request']);
  expect(problemOf(await call('POST', '/v1/gc-runs', { json: { dryRun: true }, token: null }))).toEqual([
    401,
    'unauthorized',
  ]);
  expect(problemOf(await call('GET', '/v1/gc-runs/nope'))).toEqual([404, 'gc_run_not_found']);
});
