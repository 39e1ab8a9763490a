/** Which assets are warmed, and when: on the real catalog and bucket, with the tiers as delivery wires them. */

import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { changeAssets } from '../../../../../src/catalog/assets.ts';
import { setCurrentVersion } from '../../../../../src/catalog/job-progress.ts';
import { prewarmAsset } from '../../../../../src/control/encoding/publish/prewarm-asset.ts';
import { tierCounters } from '../../../../../src/metrics/tier-counters.ts';
import { putAsset } from '../../../delivery/fixture.ts';
import { call, createAsset } from '../../../http/client.ts';

/** Of the small presentation that the fixture puts. */
const OBJECTS = 11;
const WHOLE = { read: OBJECTS, missing: 0, failed: 0, skipped: 0 };

/** An asset whose version stands in catalog and bucket. */
async function published(name: string, change: object = {}): Promise<string> {
  const { id } = await createAsset(name, change);
  await putAsset(env, id);
  const facts = { jobId: 'job1', revision: 1, base: null, durationSeconds: 10, width: 1280, height: 720 };
  await setCurrentVersion(env.CATALOG, { assetId: id, version: 'ver1', ...facts }, Date.now());
  return id;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('an asset', () => {
  test('that is to be prewarmed is', async () => {
    expect(await prewarmAsset(env, await published('wanted', { prewarm: true }))).toEqual(WHOLE);
  });

  test('that is not, is disabled, was never published or is gone, is not', async () => {
    expect(await prewarmAsset(env, await published('unwanted'))).toBeNull();
    const disabled = await published('disabled', { prewarm: true });
    await changeAssets(env.CATALOG, [disabled], { disabled: 1 }, Date.now());
    expect(await prewarmAsset(env, disabled)).toBeNull();
    expect(await prewarmAsset(env, (await createAsset('unpublished', { prewarm: true })).id)).toBeNull();
    expect(await prewarmAsset(env, 'gone')).toBeNull();
  });

  test('whose catalog fails is left alone; nothing is thrown', async () => {
    const logged: string[] = [];
    vi.spyOn(console, 'warn').mockImplementation((line) => void logged.push(String(line)));
    const CATALOG = {
      prepare: () => {
        throw new Error('no catalog');
      },
    } as unknown as D1Database;
    expect(await prewarmAsset({ ...env, CATALOG }, 'film')).toBeNull();
    expect(JSON.parse(logged.join())).toEqual({ event: 'prewarm_failed', asset: 'film', reason: 'Error: no catalog' });
  });
});

describe('a change', () => {
  const patch = (id: string, json: object) => call('PATCH', `/v1/assets/${id}`, { json });
  const readSince = (before: number) => tierCounters.prewarmRead - before;

  test.each([
    ['that asks for it', {}, { prewarm: true }],
    ['that lets an asset play which is to be prewarmed', { prewarm: true }, { disabled: false }],
  ])('%s warms at once', async (name, created, change) => {
    const id = await published(name.replaceAll(' ', '-'), created);
    const before = tierCounters.prewarmRead;
    expect((await patch(id, change)).body).toMatchObject({ prewarm: true, disabled: false });
    await vi.waitFor(() => expect(readSince(before)).toBe(OBJECTS));
  });

  test.each([
    ['of anything else', { title: 'Other' }],
    ['that takes it back', { prewarm: false }],
    ['that asks for it while it is disabled', { disabled: true, prewarm: true }],
  ])('%s does not', async (name, change) => {
    const id = await published(name.replaceAll(' ', '-'), { prewarm: true });
    const other = await published(`${name.replaceAll(' ', '-')}-2`, { prewarm: true });
    const before = tierCounters.prewarmRead;
    await patch(id, change);
    // Begun later, twice, and done: by then the change would have warmed, too.
    for (const times of [1, 2]) {
      await patch(other, { prewarm: true });
      await vi.waitFor(() => expect(readSince(before)).toBeGreaterThanOrEqual(times * OBJECTS));
    }
    expect(readSince(before)).toBe(2 * OBJECTS);
  });
});
