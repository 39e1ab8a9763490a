/** What only earlier revisions of a version name is collected once no session plays it. Real catalog, bucket and collector. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { setCurrentVersion } from '../../../../src/catalog/job-progress.ts';
import { SESSIONS_END_MS } from '../../../../src/control/gc/limits.ts';
import { currentKey, presentationKey, segmentKey } from '../../../../src/media/keys.ts';
import { collector, countsOf, inNewWorlds, pass, refOf, versionKeys, world } from './garbage-collector-fixture.ts';
import { type Asset, DAY_MS, listKeys } from './world.ts';

/** Each is a few runs over a real bucket, on a machine that does other things as well. */
vi.setConfig({ testTimeout: 30_000 });

inNewWorlds();

/** Three revisions: the early part, the same with another attempt, and all. A session plays each of the first two. */
async function revised(): Promise<Asset> {
  const asset = await world.ingest();
  for (const index of [0, 1, 2]) {
    await world.encode(asset, index, true);
  }
  await world.publish(asset);
  await world.play(asset, 7 * DAY_MS);
  await world.encodeAnew(asset, 0);
  await world.publish(asset);
  await world.play(asset, 7 * DAY_MS);
  await world.encodeAll(asset);
  await world.publish(asset);
  return asset;
}
const first = (asset: Asset) => segmentKey(refOf(asset), 'v360', '1', 1);
const presentations = async (asset: Asset) =>
  (await versionKeys(asset, 0)).filter((key) => key.includes('presentation-'));
/** Whether each object that a running session plays is there. */
const lost = async () => {
  const keys = new Set(await listKeys());
  return [...(await world.needed()).keys()].filter((key) => !keys.has(key));
};

describe('earlier revisions', () => {
  test('play on until the sessions on them have ended, then go with what they alone name', async () => {
    const asset = await revised();
    pass(6 * DAY_MS);
    expect(countsOf(await collector.collect())).toMatchObject({ 'wait/sessions_may_play': expect.any(Number) });
    expect(await lost()).toEqual([]);
    expect(await listKeys()).toContain(first(asset));
    pass(SESSIONS_END_MS - 1);
    await collector.collect();
    expect(await presentations(asset)).toHaveLength(3);
    pass(1);
    // Two presentations, two segments of the attempt that the first alone names.
    expect(countsOf(await collector.collect())).toMatchObject({ 'delete/superseded': 4 });
    expect(await presentations(asset)).toEqual([presentationKey(refOf(asset), 3)]);
    expect(await listKeys()).toEqual([...(await world.needed()).keys()].sort());
  });

  test('that current.json still names stay as long as it does, also where it was read otherwise before', async () => {
    const asset = await revised();
    pass(2 * DAY_MS);
    await collector.collect();
    const key = currentKey(asset.id);
    const current = (await (await env.MEDIA.get(key))?.text()) ?? '';
    const behind = { version: refOf(asset).version, revision: 1, policy: 'signed', disabled: false };
    await env.MEDIA.put(key, JSON.stringify(behind));
    pass(SESSIONS_END_MS);
    await collector.collect();
    expect(await presentations(asset)).toHaveLength(3);
    await env.MEDIA.put(key, current);
    await collector.collect();
    pass(SESSIONS_END_MS - 1);
    await collector.collect();
    expect(await presentations(asset)).toHaveLength(3);
    pass(1);
    await collector.collect();
    expect(await presentations(asset)).toHaveLength(1);
  });

  test('are collected however many there are, at one presentation read a run', async () => {
    const asset = await revised();
    const ref = refOf(asset);
    for (let revision = 4; revision < 60; revision++) {
      await world.put(presentationKey(ref, revision), 'is not read');
    }
    const last = await (await env.MEDIA.get(presentationKey(ref, 3)))?.json<object>();
    await world.put(presentationKey(ref, 60), JSON.stringify({ ...last, revision: 60 }));
    const facts = { revision: 60, base: 3, durationSeconds: 16, width: 640, height: 360 };
    expect(await setCurrentVersion(env.CATALOG, { ...ref, ...facts }, world.nowMs)).toBe('published');
    const named = asset.versions[0]?.revisions.at(-1)?.slice(1) ?? [];
    asset.versions[0]?.revisions.push([presentationKey(ref, 60), ...named]);
    await world.pointAt(asset);
    pass(2 * DAY_MS);
    await collector.collect();
    pass(SESSIONS_END_MS);
    const read: string[] = [];
    collector.state.hook = async (call, key = '') => {
      if (call === 'get' && key.includes('presentation-')) {
        read.push(key);
      }
    };
    await collector.collect();
    expect(new Set(read)).toEqual(new Set([presentationKey(ref, 60)]));
    expect(await presentations(asset)).toEqual([presentationKey(ref, 60)]);
    expect(await listKeys()).toEqual([...(await world.needed()).keys()].sort());
  });

  test('of a version that an earlier release has sealed go, too', async () => {
    const asset = await revised();
    await env.CATALOG.prepare('INSERT INTO version_marks (asset_id, version, sealed_at) VALUES (?1, ?2, ?3)')
      .bind(asset.id, refOf(asset).version, world.nowMs)
      .run();
    pass(2 * DAY_MS);
    await collector.collect();
    pass(SESSIONS_END_MS);
    await collector.collect();
    expect(await presentations(asset)).toHaveLength(1);
  });
});
