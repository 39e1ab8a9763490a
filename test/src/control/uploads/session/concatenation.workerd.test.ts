/** Uploads that are put together of others. */
import { env, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { expect, test, vi } from 'vitest';
import { bytesOf, expectStored, MIB, newUpload } from './session-fixture.ts';

const PATIENCE = { timeout: 30_000 };

async function storedParts(film: Uint8Array, lengths: readonly number[]) {
  const parts: { key: string; length: number }[] = [];
  let start = 0;
  for (const length of lengths) {
    const upload = newUpload({ length });
    await upload.append(0, film.slice(start, start + length));
    parts.push({ key: upload.facts.key, length });
    start += length;
  }
  return parts;
}

test.each([
  ['shorter than a part', [5, 0, 7]],
  ['of several parts that begin anywhere', [9 * MIB, 8 * MIB + 1]],
  ['of nothing', [0, 0]],
])('the whole, %s, is equal, and its parts are gone', async (_, lengths) => {
  const film = bytesOf(lengths.reduce((sum, length) => sum + length, 0));
  const parts = await storedParts(film, lengths);
  const whole = newUpload({ length: film.length });
  await whole.object.concatenate(whole.facts, parts);
  await whole.object.concatenate(whole.facts, parts);
  expect((await whole.status()).offset).toBe(film.length);
  expect((await whole.append(film.length, 'more')).refused).toBe('ended');
  await vi.waitUntil(async () => (await whole.status()).isStored, PATIENCE);
  await expectStored(whole, film);
  await vi.waitUntil(async () => {
    const left = await Promise.all(parts.map(({ key }) => env.MEDIA.head(key)));
    return left.every((object) => object === null);
  }, PATIENCE);
});

test('it goes on after an eviction', async () => {
  const film = bytesOf(MIB);
  const parts = await storedParts(film, [film.length]);
  const whole = newUpload({ length: film.length });
  const get = vi.spyOn(Object.getPrototypeOf(env.MEDIA) as R2Bucket, 'get').mockRejectedValue(new Error('away'));
  await whole.object.concatenate(whole.facts, parts);
  await vi.waitUntil(() => get.mock.calls.length > 0, PATIENCE);
  await evictDurableObject(whole.object);
  get.mockRestore();
  // Not when it is due, which is seconds later.
  await vi.waitUntil(
    async () => (await runDurableObjectAlarm(whole.object)) && (await whole.status()).isStored,
    PATIENCE,
  );
  await expectStored(whole, film);
});
