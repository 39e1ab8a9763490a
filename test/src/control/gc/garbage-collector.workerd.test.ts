/** One run at a time, each rule on its own, and the marks that the database keeps. Real catalog, bucket and collector. */
import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { createAsset, createNextJob } from '../../../../src/catalog/assets.ts';
import { setCurrentVersion } from '../../../../src/catalog/job-progress.ts';
import { GC_CRON } from '../../../../src/control/gc/garbage-collector.ts';
import { MAX_RUN_FAILURES, RETRY_GRACE_MS, SESSIONS_END_MS } from '../../../../src/control/gc/limits.ts';
import worker from '../../../../src/index.ts';
import { currentKey, presentationKey, segmentKey } from '../../../../src/media/keys.ts';
import {
  below,
  collector,
  countsOf,
  inNewWorlds,
  pass,
  published,
  refOf,
  versionKeys,
  world,
} from './garbage-collector-fixture.ts';
import { type Asset, DAY_MS, HOUR_MS, listKeys } from './world.ts';

/** Each is a few runs over a real bucket, on a machine that does other things as well. */
vi.setConfig({ testTimeout: 30_000 });

inNewWorlds();

const marks = async () => (await env.CATALOG.prepare('SELECT * FROM version_marks').all()).results;

describe('objects of lost attempts', () => {
  test('go once the version is sealed, and what the presentation names stays', async () => {
    const asset = await world.ingest();
    await world.encode(asset, 0, false);
    await world.encodeAll(asset);
    await world.publish(asset);
    const lost = segmentKey(refOf(asset), 'v360', '1', 1);
    pass(23 * HOUR_MS);
    expect(countsOf(await collector.collect())).toMatchObject({ 'wait/job_ended_lately': expect.any(Number) });
    expect(await listKeys()).toContain(lost);
    pass(2 * HOUR_MS);
    expect(countsOf(await collector.collect())).toMatchObject({ 'delete/lost_attempt': 1 });
    expect(await listKeys()).not.toContain(lost);
    expect(await listKeys()).toEqual([...(await world.needed()).keys()].sort());
  });

  test('are waited for while young, also where their version was sealed long ago', async () => {
    const asset = await world.ingest();
    await world.encode(asset, 0, false);
    await world.encodeAll(asset);
    await world.publish(asset);
    pass(30 * DAY_MS);
    await collector.collect();
    await world.writeLate(asset, 0, 0);
    const late = segmentKey(refOf(asset), 'v360', '9', 1);
    await world.put(late);
    expect(countsOf(await collector.collect())).toMatchObject({ 'wait/young': 1 });
    pass(DAY_MS);
    expect(countsOf(await collector.collect())).toMatchObject({ 'delete/lost_attempt': 1 });
    expect(await listKeys()).not.toContain(late);
  });

  test('stay where the presentation cannot be read', async () => {
    const asset = await published();
    const key = presentationKey(refOf(asset), 1);
    await env.MEDIA.put(key, '{"schema": 2}');
    world.uploadedMs.set(key, world.nowMs);
    pass(60 * DAY_MS);
    const before = await listKeys();
    expect(countsOf(await collector.collect())).toMatchObject({ 'keep/presentation_unreadable': expect.any(Number) });
    await env.MEDIA.delete(key);
    await collector.collect();
    expect(await listKeys()).toEqual(before.filter((each) => each !== key));
  });
});

describe('a failed job', () => {
  test('keeps its file and its finished chunks for a retry, then its version is sealed and both go', async () => {
    const asset = await world.ingest();
    await world.encode(asset, 0, true);
    await world.fail(asset, false);
    pass(RETRY_GRACE_MS - 1);
    await collector.collect();
    expect(await versionKeys(asset, 0)).not.toEqual([]);
    expect(await listKeys()).toContain(asset.source);
    pass(1);
    expect(countsOf(await collector.collect())).toEqual({ 'delete/never_published': 3, 'delete/source_unused': 1 });
    expect(await listKeys()).toEqual([]);
  });

  test('whose version is sealed is not retried on it, not published, and not revived: the database says so', async () => {
    const asset = await world.ingest();
    await world.fail(asset, false);
    await world.encodeAll(asset);
    const ref = refOf(asset);
    await world.put(segmentKey(ref, 'v360', '1', 1));
    pass(RETRY_GRACE_MS);
    await collector.collect();
    const job = { id: 'another', assetId: asset.id, version: ref.version };
    await expect(createNextJob(env.CATALOG, job, world.nowMs)).rejects.toThrow('version_sealed');
    const revive = env.CATALOG.prepare(`UPDATE jobs SET status = 'queued' WHERE id = ?1`).bind(ref.jobId);
    await expect(revive.run()).rejects.toThrow('version_sealed');
    const version = { ...ref, jobId: 'another', revision: 1, base: null, durationSeconds: 1, width: 2, height: 2 };
    await expect(setCurrentVersion(env.CATALOG, version, world.nowMs)).rejects.toThrow('version_sealed');
    await createNextJob(env.CATALOG, { ...job, version: 'fresh' }, world.nowMs);
  });

  test('that is retried between the decision and the mark keeps everything', async () => {
    const asset = await world.ingest();
    await world.encode(asset, 0, true);
    await world.fail(asset, false);
    pass(RETRY_GRACE_MS);
    const before = await listKeys();
    let batches = 0;
    collector.state.hook = async (call) => {
      batches += Number(call === 'batch');
      if (call === 'batch' && batches === 2) {
        await world.encodeAgain(asset);
      }
    };
    expect(countsOf(await collector.collect())).toMatchObject({ 'keep/job_active': 3 });
    expect(batches).toBeGreaterThan(2);
    expect(await listKeys()).toEqual(expect.arrayContaining(before));
    expect(await marks()).toEqual([]);
  });
});

describe('a superseded version', () => {
  async function superseded(): Promise<Asset> {
    const asset = await published();
    pass(2 * DAY_MS);
    await world.encodeAgain(asset);
    await world.encodeAll(asset);
    await world.publish(asset);
    return asset;
  }

  test('stays until the longest session that began with it has ended', async () => {
    const asset = await superseded();
    pass(DAY_MS);
    expect(countsOf(await collector.collect())).toMatchObject({ 'wait/sessions_may_play': expect.any(Number) });
    pass(SESSIONS_END_MS - 1);
    expect(countsOf(await collector.collect({ dryRun: true }))).not.toHaveProperty('delete/superseded');
    await collector.collect();
    expect(await versionKeys(asset, 0)).not.toEqual([]);
    pass(1);
    expect(countsOf(await collector.collect())).toMatchObject({ 'delete/superseded': expect.any(Number) });
    expect(await versionKeys(asset, 0)).toEqual([]);
    expect(await listKeys()).toEqual([...(await world.needed()).keys()].sort());
  });

  test('that current.json still names stays as long as it does', async () => {
    const asset = await published();
    pass(2 * DAY_MS);
    await world.encodeAgain(asset);
    await world.encodeAll(asset);
    await world.publish(asset, { pointerStaysBehind: true });
    pass(SESSIONS_END_MS);
    await collector.collect();
    pass(SESSIONS_END_MS);
    await collector.collect();
    expect(await versionKeys(asset, 0)).not.toEqual([]);
    await world.pointAt(asset);
    await collector.collect();
    pass(SESSIONS_END_MS);
    await collector.collect();
    expect(await versionKeys(asset, 0)).toEqual([]);
  });

  test('that was collected can never be current again', async () => {
    const asset = await superseded();
    pass(DAY_MS);
    await collector.collect();
    pass(SESSIONS_END_MS);
    await collector.collect();
    const back = { ...refOf(asset, 0), revision: 1, base: 1, durationSeconds: 1, width: 2, height: 2 };
    await expect(setCurrentVersion(env.CATALOG, back, world.nowMs)).rejects.toThrow('version_collected');
  });

  test('that is current again before that is not retired any more', async () => {
    const asset = await superseded();
    pass(DAY_MS);
    await collector.collect();
    const back = { ...refOf(asset, 0), revision: 1, base: 1, durationSeconds: 1, width: 2, height: 2 };
    await setCurrentVersion(env.CATALOG, back, world.nowMs);
    await setCurrentVersion(env.CATALOG, { ...back, ...refOf(asset, 1) }, world.nowMs);
    pass(SESSIONS_END_MS);
    await collector.collect();
    expect(await versionKeys(asset, 0)).not.toEqual([]);
  });
});

describe('a deleted asset', () => {
  test('goes with all its versions and its source after the grace, whatever is late', async () => {
    const asset = await published();
    const other = await published();
    pass(2 * DAY_MS);
    await world.remove(asset);
    pass(23 * HOUR_MS);
    expect(countsOf(await collector.collect())).toMatchObject({ 'wait/asset_deleted_lately': expect.any(Number) });
    pass(2 * HOUR_MS);
    await collector.collect();
    expect(await below(`assets/${asset.id}/`)).toEqual([]);
    expect(await listKeys()).toEqual([...(await world.needed()).keys()].sort());
    await world.put(segmentKey(refOf(asset), 'v360', '7', 1));
    pass(DAY_MS);
    await collector.collect();
    expect(await below(`assets/${asset.id}/`)).toEqual([]);
    expect(await versionKeys(other, 0)).not.toEqual([]);
  });

  test('is forgotten when nothing of it was met for long; its id is not used again until then', async () => {
    const asset = await published();
    await world.remove(asset);
    const id = asset.id;
    const again = { id, title: 'x', policy: 'signed', prewarm: false, sourceKey: 'sources/y/z', sourceUrl: null };
    const job = { id: 'again', assetId: id, version: 'again' };
    await expect(createAsset(env.CATALOG, again as never, job, world.nowMs)).rejects.toThrow('asset_deleted');
    const graves = async () => (await env.CATALOG.prepare('SELECT id FROM deleted_assets').all()).results;
    pass(31 * DAY_MS);
    await collector.collect({ dryRun: true });
    await collector.collect();
    expect(await graves()).toEqual([{ id }]);
    pass(DAY_MS);
    await collector.collect();
    expect(await graves()).toEqual([]);
  });

  test('leaves its source where another asset was made of it', async () => {
    const asset = await published();
    const heir = await world.ingest();
    await env.CATALOG.prepare('UPDATE assets SET source_key = ?2 WHERE id = ?1').bind(heir.id, asset.source).run();
    await world.remove(asset);
    pass(3 * DAY_MS);
    expect(countsOf(await collector.collect())).toMatchObject({ 'keep/source_of_asset': 2 });
    expect(await listKeys()).toContain(asset.source);
  });
});

describe('what is not understood', () => {
  const STRANGE = [
    'assets/a-film/unheard-of',
    'assets/nobody/v/v360/1/1.m4s',
    'edge/keys.json',
    'other/thing.bin',
    'sources/someone/film.mov',
  ];

  test('stays and is reported', async () => {
    for (const key of STRANGE) {
      await world.put(key);
    }
    pass(400 * DAY_MS);
    const run = await collector.collect();
    expect(countsOf(run)).toEqual({
      'keep/unknown_key': 2,
      'keep/unknown_asset': 1,
      'keep/edge_state': 1,
      'keep/source_unclaimed': 1,
    });
    expect(run.report.tallies.find(({ reason }) => reason === 'unknown_key')?.samples).toEqual([
      'assets/a-film/unheard-of',
      'other/thing.bin',
    ]);
    expect(await listKeys()).toEqual(STRANGE);
  });

  test('of versions that the asset never had stays, too', async () => {
    const asset = await published();
    await world.put(segmentKey({ assetId: asset.id, version: 'never' }, 'v360', '1', 1));
    pass(400 * DAY_MS);
    expect(countsOf(await collector.collect())).toMatchObject({ 'keep/unknown_version': 1 });
  });

  test('goes on request where no asset has it: sources after a week, assets after they were buried', async () => {
    for (const key of STRANGE) {
      await world.put(key);
    }
    pass(8 * DAY_MS);
    expect(countsOf(await collector.collect({ orphans: true }))).toMatchObject({
      'delete/orphan': 1,
      'wait/asset_deleted_lately': 1,
    });
    pass(DAY_MS);
    await collector.collect();
    expect(await listKeys()).toEqual(['assets/a-film/unheard-of', 'edge/keys.json', 'other/thing.bin']);
  });

  test('is not made an asset of while it is deleted', async () => {
    await world.put('sources/someone/film.mov');
    pass(8 * DAY_MS);
    const made = (sourceKey: string) =>
      createAsset(
        env.CATALOG,
        { id: 'made', title: 'x', policy: 'signed', prewarm: false, sourceKey, sourceUrl: null } as never,
        { id: 'made', assetId: 'made', version: 'made' },
        world.nowMs,
      );
    let refused: unknown;
    collector.state.hook = async (call) => {
      if (call === 'delete') {
        refused = await made('sources/someone/film.mov').catch((error: unknown) => error);
      }
    };
    await collector.collect({ orphans: true });
    expect(refused).toMatchObject({ code: 'source_not_found' });
    await made('sources/someone/film.mov');
  });
});

describe('a run', () => {
  test('is one at a time', async () => {
    const first = await collector.stub.start({ dryRun: true, orphans: false });
    const second = await collector.stub.start({ dryRun: false, orphans: false });
    expect(second).toMatchObject({ started: false, run: { id: first.run.id, dryRun: true } });
  });

  test('that is a dry run marks nothing', async () => {
    await published();
    pass(3 * DAY_MS);
    const asset = await world.ingest();
    await world.encodeAll(asset);
    await world.fail(asset, false);
    pass(30 * DAY_MS);
    expect(countsOf(await collector.collect({ dryRun: true }))).toHaveProperty('delete/never_published');
    expect(await marks()).toEqual([]);
  });

  test('deletes nothing under a mark that does not stand', async () => {
    const asset = await world.ingest();
    await world.encodeAll(asset);
    await world.fail(asset, false);
    pass(30 * DAY_MS);
    const before = await listKeys();
    collector.state.losesMarks = true;
    expect(countsOf(await collector.collect())).toEqual({ 'wait/changed': 16 });
    expect(await listKeys()).toEqual(before);
  });

  test('goes on where it was, counts no deletion twice and forgets none', async () => {
    const asset = await published();
    await world.remove(asset);
    pass(3 * DAY_MS);
    const before = (await listKeys()).length;
    let calls = 0;
    collector.state.hook = async () => {
      calls += 1;
      if (calls % 4 === 0 || calls % 7 === 0) {
        throw new Error('the storage is away');
      }
    };
    const { run } = await collector.stub.start({ dryRun: false, orphans: false });
    await collector.advance();
    collector.state.hook = async () => {};
    const ended = await collector.stub.read(run.id);
    expect(ended?.report.listed).toBe(before);
    expect(countsOf(ended ?? run)).toEqual({ 'delete/asset_deleted': before });
    expect(await listKeys()).toEqual([]);
  });

  test('ends as failed when the storage stays away; the next one begins anew', async () => {
    await published();
    collector.state.hook = async () => {
      throw new Error('the storage is away');
    };
    const { run } = await collector.stub.start({ dryRun: false, orphans: false });
    await collector.advance(MAX_RUN_FAILURES + 1);
    expect(await collector.stub.read(run.id)).toMatchObject({
      state: 'failed',
      error: 'Error: the storage is away',
    });
    collector.state.hook = async () => {};
    await collector.collect();
  });

  test('is started by the schedule', async () => {
    const started = vi.fn();
    const GARBAGE_COLLECTOR = { idFromName: () => 'main', get: () => ({ start: started }) };
    const run = (cron: string, GC?: string) =>
      worker.scheduled(createScheduledController({ cron }), { ...env, GARBAGE_COLLECTOR, GC } as never);
    await run(GC_CRON);
    expect(started).toHaveBeenLastCalledWith({ dryRun: false, orphans: false });
    await run(GC_CRON, 'dry-run');
    expect(started).toHaveBeenLastCalledWith({ dryRun: true, orphans: false });
    await run(GC_CRON, 'off');
    expect(started).toHaveBeenCalledTimes(2);
  });

  test('leaves current.json of an asset alone', async () => {
    const asset = await published();
    pass(400 * DAY_MS);
    await collector.collect();
    expect(await listKeys()).toContain(currentKey(asset.id));
  });
});
