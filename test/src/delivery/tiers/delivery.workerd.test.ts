/** The tiers as delivery wires them, on the real bucket and the real cache: what a player sees of them. */

import { beforeAll, describe, expect, test } from 'vitest';
import { slowBucket } from '../../../../bench/tiers/worker/slow-bucket.ts';
import type { DeliveryEnv } from '../../../../src/delivery/delivery-env.ts';
import { segmentKey } from '../../../../src/media/keys.ts';
import { tierCounters } from '../../../../src/metrics/tier-counters.ts';
import { fetchPath, link, newEnv, putAsset, refusalOf, startSession } from '../fixture.ts';

let delivery: DeliveryEnv;
let base: string;

beforeAll(async () => {
  delivery = newEnv({ EDGE_STATE_SECONDS: '10' });
  await putAsset(delivery, 'tiered');
  base = await startSession(delivery, await link('tiered'));
});

const tierOf = (response: Response): string | null => response.headers.get('server-timing');
const readsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const before = tierCounters.r2MediaReads;
  await work();
  return tierCounters.r2MediaReads - before;
};

describe('a segment', () => {
  test('is read once for fifty players, and names who answered', async () => {
    let answers: Response[] = [];
    const reads = await readsOf(async () => {
      answers = await Promise.all(Array.from({ length: 50 }, () => fetchPath(delivery, `${base}v360/1/1.m4s`)));
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    });
    expect(reads).toBe(1);
    expect(answers.map(tierOf).sort()).toEqual([...Array(49).fill('tier;desc=memory'), 'tier;desc=r2']);
  });

  test('answers ranges, HEAD and conditions from memory', async () => {
    const reads = await readsOf(async () => {
      const get = (headers: Record<string, string>, method = 'GET') =>
        fetchPath(delivery, `${base}v360/1/1.m4s`, { headers, method });
      const head = await get({}, 'HEAD');
      const part = await get({ range: 'bytes=10-19' });
      const unchanged = await get({ 'if-none-match': head.headers.get('etag') ?? '' });
      expect([head.status, part.status, unchanged.status]).toEqual([200, 206, 304]);
      expect([head, part, unchanged].map(tierOf)).toEqual(Array(3).fill('tier;desc=memory'));
      expect(part.headers.get('content-length')).toBe('10');
      expect((await part.arrayBuffer()).byteLength).toBe(10);
    });
    expect(reads).toBe(0);
  });

  test('is found by another isolate in the edge cache, unless that is off', async () => {
    for (const [changed, tier] of [
      [{}, 'edge'],
      [{ EDGE_CACHE: 'off' }, 'r2'],
    ] as const) {
      const other = newEnv(changed);
      const answer = await fetchPath(other, `${base}v360/1/1.m4s`);
      await answer.arrayBuffer();
      expect(tierOf(answer)).toBe(`tier;desc=${tier}`);
    }
  });

  test('that is missing is not found by anybody, and there once it is written', async () => {
    const path = `${base}v360/9/9.m4s`;
    const reads = await readsOf(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetchPath(delivery, path)));
      expect(await Promise.all(answers.map(refusalOf))).toEqual(Array(20).fill('404 not_found'));
    });
    expect(reads).toBe(1);
    await delivery.MEDIA.put(segmentKey({ assetId: 'tiered', version: 'ver1' }, 'v360', '9', 9), 'late');
    const answer = await fetchPath(newEnv(), path);
    expect(await answer.arrayBuffer()).toHaveProperty('byteLength', 4);
  });

  test('goes through the shield where it is on, and not without its binding', async () => {
    const { SHIELDS } = (await import('cloudflare:workers')).env as unknown as DeliveryEnv;
    const shielded = { ...newEnv({ SHIELD: 'on' }), ...(SHIELDS === undefined ? {} : { SHIELDS }) };
    const answer = await fetchPath(shielded, `${base}v360/1/2.m4s`);
    await answer.arrayBuffer();
    expect(tierOf(answer)).toBe('tier;desc=shield');
    expect(await refusalOf(await fetchPath(newEnv({ SHIELD: 'on' }), `${base}v360/1/2.m4s`))).toBe('500 misconfigured');
  });
});

test('the presentation is read once for many who start at once', async () => {
  await putAsset(delivery, 'tiered2');
  const token = await link('tiered2');
  const reads = await readsOf(() => Promise.all(Array.from({ length: 20 }, () => startSession(delivery, token))));
  expect(reads).toBe(1);
});

test('a first read that fails costs one more, for all players together', async () => {
  const calm = newEnv({ EDGE_CACHE: 'off' });
  // A delay, so that all of them have asked before the first read fails.
  const faulty = { ...calm, MEDIA: slowBucket(calm.MEDIA, { delayMs: 1, firstReadFails: true }) };
  const reads = await readsOf(async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetchPath(faulty, `${base}v720/1/1.m4s`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  });
  expect(reads).toBe(2);
});
