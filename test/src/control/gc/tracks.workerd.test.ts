/** Packs of texts and files that tracks were made from: kept while something needs them. Real catalog, bucket, collector. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { SESSIONS_END_MS } from '../../../../src/control/gc/limits.ts';
import { cuesKey, presentationKey, textKey, trackFileKey } from '../../../../src/media/keys.ts';
import { presentationSchema } from '../../../../src/media/presentation.ts';
import { textTrack } from '../../media/manifest/fixture.ts';
import { collector, countsOf, inNewWorlds, pass, published, refOf, world } from './garbage-collector-fixture.ts';
import { type Asset, DAY_MS } from './world.ts';

/** Each is a few runs over a real bucket, on a machine that does other things as well. */
vi.setConfig({ testTimeout: 30_000 });

inNewWorlds();

const isThere = async (...keys: string[]) => Promise.all(keys.map(async (key) => (await env.MEDIA.head(key)) !== null));

/** The version was sealed long before its tracks change: a run met an object of a lost attempt. */
async function sealed(): Promise<Asset> {
  const asset = await world.ingest();
  await world.encode(asset, 0, false);
  await world.encodeAll(asset);
  await world.publish(asset);
  pass(30 * DAY_MS);
  await collector.collect();
  return asset;
}

/** The next revision, with this text or none. */
async function revise(asset: Asset, revision: number, attempt: string | null): Promise<void> {
  const ref = refOf(asset);
  const last = await (await env.MEDIA.get(presentationKey(ref, revision - 1)))?.json<object>();
  const texts = attempt === null ? [] : [textTrack('t-en', 'en', { attempt })];
  await world.put(
    presentationKey(ref, revision),
    JSON.stringify(presentationSchema.parse({ ...last, revision, texts })),
  );
  await env.CATALOG.batch([
    env.CATALOG.prepare('UPDATE versions SET revision = ?2, overlays = overlays + 1 WHERE asset_id = ?1').bind(
      asset.id,
      revision,
    ),
    env.CATALOG.prepare('UPDATE assets SET current_revision = ?2 WHERE id = ?1').bind(asset.id, revision),
  ]);
  const current = { version: ref.version, revision, policy: 'signed', disabled: false };
  await env.MEDIA.put(`assets/${asset.id}/current.json`, JSON.stringify(current));
}

const addRow = (asset: Asset, content: string) =>
  env.CATALOG.prepare(
    `INSERT INTO tracks (asset_id, id, origin, kind, language, content, state, created_at, updated_at)
     VALUES (?1, 't-en', 'added', 'subtitles', 'en', ?2, 'ready', 0, 0)`,
  )
    .bind(asset.id, content)
    .run();

describe('the pack of a text', () => {
  test('stays while the presentation names it, and goes when sessions with it have ended', async () => {
    const asset = await sealed();
    const [cues, lost, first] = [
      cuesKey(refOf(asset), 't-de', '1'),
      textKey(refOf(asset), 't-en', '4'),
      textKey(refOf(asset), 't-en', '5'),
    ];
    for (const key of [cues, lost, first]) {
      await world.put(key);
    }
    await revise(asset, 2, '5');
    pass(2 * DAY_MS);
    await collector.collect();
    pass(SESSIONS_END_MS);
    await collector.collect();
    expect(await isThere(cues, lost, first)).toEqual([true, false, true]);
    await revise(asset, 3, null);
    pass(SESSIONS_END_MS - 1);
    // Not until now was it seen that nothing names it.
    await collector.collect();
    expect(await isThere(first)).toEqual([true]);
    pass(SESSIONS_END_MS);
    await collector.collect();
    expect(await isThere(cues, first)).toEqual([true, false]);
  });

  test('of a revision that is about to be published stays with it', async () => {
    const asset = await published();
    pass(30 * DAY_MS);
    await collector.collect();
    const next = presentationKey(refOf(asset), 2);
    await world.put(next, '{}');
    pass(30 * DAY_MS);
    await collector.collect();
    expect(await isThere(next)).toEqual([true]);
  });
});

describe('a file that a track was made from', () => {
  test('stays while a track of any asset uses it', async () => {
    const [asset, clip] = [await published(), await published()];
    const [used, replaced, foreign] = [
      trackFileKey(asset.id, 't-en-2'),
      trackFileKey(asset.id, 't-en-1'),
      'sources/shared/film.srt',
    ];
    for (const key of [used, replaced, foreign]) {
      await world.put(key);
    }
    await addRow(clip, used);
    await addRow(asset, foreign);
    expect(countsOf(await collector.collect())).toMatchObject({ 'wait/young': 1 });
    pass(30 * DAY_MS);
    await collector.collect({ orphans: true });
    expect(await isThere(used, replaced, foreign)).toEqual([true, false, true]);
    await env.CATALOG.prepare('DELETE FROM tracks').run();
    await collector.collect();
    expect(await isThere(used, foreign)).toEqual([false, true]);
  });

  test('cannot become a track’s while it is being deleted', async () => {
    const asset = await published();
    const key = trackFileKey(asset.id, 't-en-1');
    await env.CATALOG.prepare('INSERT INTO collected_sources (key, marked_at) VALUES (?1, 0)').bind(key).run();
    await expect(addRow(asset, key)).rejects.toThrow('source_collected');
  });
});

test('a sealed version takes the job of a track, and no other', async () => {
  const asset = await sealed();
  const insert = (id: string, track: string | null) =>
    env.CATALOG.prepare(
      `INSERT INTO jobs (id, asset_id, version, status, priority, track, created_at, updated_at)
       VALUES (?1, ?2, ?3, 'queued', 50, ?4, 0, 0)`,
    )
      .bind(id, asset.id, refOf(asset).version, track)
      .run();
  await expect(insert('job-1', null)).rejects.toThrow('version_sealed');
  await insert('job-2', 'a128-fr');
});
