/** What films that play from their source need is kept as long as somebody may play it. Real catalog, bucket and collector. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { createNextJob } from '../../../../src/catalog/assets.ts';
import { type JobRef, markEncoding, markFailed } from '../../../../src/catalog/job-progress.ts';
import { publishRevision, withTracksOf } from '../../../../src/control/encoding/publish/publish.ts';
import { linkSameSource } from '../../../../src/control/encoding/workflow/link-source.ts';
import { SESSIONS_END_MS } from '../../../../src/control/gc/limits.ts';
import { lookAtSource } from '../../../../src/control/source-playback/look-at-source.ts';
import { withdrawSource } from '../../../../src/control/source-playback/withdraw.ts';
import { initKey, presentationKey, sourceIndexKey, sourceKey } from '../../../../src/media/keys.ts';
import { presentationOf, videoTrack } from '../../media/manifest/fixture.ts';
import { film } from '../source-playback/film.ts';
import { collector, inNewWorlds, pass, published, refOf, world } from './garbage-collector-fixture.ts';
import { type Asset, DAY_MS, listKeys } from './world.ts';

/** Each is a few runs over a real bucket, on a machine that does other things as well. */
vi.setConfig({ testTimeout: 30_000 });

inNewWorlds();

/** More than any session lasts. */
const LONG_MS = 10 * DAY_MS;
const made = (ref: JobRef) => [sourceIndexKey(ref), initKey(ref, 'sv0'), initKey(ref, 'sa0'), presentationKey(ref, 1)];
const missing = async (keys: readonly string[]) => {
  const there = new Set(await listKeys());
  return keys.filter((key) => !there.has(key));
};

async function playing(encode?: 'never'): Promise<{ asset: Asset; ref: JobRef; needs: string[] }> {
  const asset = await world.ingest();
  const ref = refOf(asset);
  await env.MEDIA.put(asset.source, film());
  const options = encode === undefined ? null : JSON.stringify({ encode });
  await env.CATALOG.prepare('UPDATE jobs SET options = ?1 WHERE id = ?2').bind(options, ref.jobId).run();
  await lookAtSource(env, ref);
  const needs = [asset.source, ...made(ref)];
  expect(await missing(needs)).toEqual([]);
  return { asset, ref, needs };
}

const publishLadder = (ref: JobRef) =>
  publishRevision(env, ref, 'full', [], (base) =>
    withTracksOf(base, {
      ...presentationOf([videoTrack('v360', 640, 360, 1000)], ref.assetId),
      version: ref.version,
    }),
  );
const failJob = (ref: JobRef) => markFailed(env.CATALOG, ref, { code: 'decode_failed', message: 'no' }, world.nowMs);

/** The next version, of another file, is published whole. */
async function replace(ref: JobRef): Promise<void> {
  const next = { ...ref, version: 'next', jobId: `${ref.jobId}-next` };
  const key = sourceKey(ref.assetId, 'next/film.mp4');
  await world.put(key);
  const source = { source_key: key, source_url: null, options: null };
  await createNextJob(env.CATALOG, { id: next.jobId, assetId: ref.assetId, version: 'next', source }, world.nowMs);
  await markEncoding(env.CATALOG, next, world.nowMs);
  await publishLadder(next);
}

/** Runs each day for as long. */
async function collectFor(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += DAY_MS) {
    await collector.collect();
    pass(Math.min(DAY_MS, ms - passed));
  }
}

describe('a film that plays from its source keeps what it needs', () => {
  test('where it is never encoded', async () => {
    const { needs } = await playing('never');
    await collectFor(LONG_MS);
    expect(await missing(needs)).toEqual([]);
  });

  test('where its job has failed', async () => {
    const { ref, needs } = await playing();
    await failJob(ref);
    await collectFor(LONG_MS);
    expect(await missing(needs)).toEqual([]);
  });
});

describe('sessions on the source play on', () => {
  test('when the ladder takes over', async () => {
    const { asset, ref, needs } = await playing();
    await publishLadder(ref);
    // The first run sees that the revision is not the last.
    await collectFor(SESSIONS_END_MS);
    expect(await missing(needs)).toEqual([]);
    await collectFor(3 * DAY_MS);
    expect(await missing(needs)).toEqual(made(ref));
    expect(await missing([asset.source])).toEqual([]);
  });

  test.each(['failed', 'done'])('when another file takes its place, although its job is %s', async (end) => {
    const { asset, ref, needs } = await playing(end === 'done' ? 'never' : undefined);
    if (end === 'failed') {
      await failJob(ref);
    }
    pass(LONG_MS);
    await replace(ref);
    await collectFor(SESSIONS_END_MS);
    expect(await missing(needs)).toEqual([]);
    await collectFor(3 * DAY_MS);
    expect(await missing(needs)).toEqual([asset.source, ...made(ref)]);
  });

  test('when the file is linked to another that is the same', async () => {
    const twin = await published();
    await env.MEDIA.put(twin.source, film());
    const sizeBytes = film().byteLength;
    await linkSameSource(env, { key: twin.source, sizeBytes, sha256: 'ab'.repeat(32) });
    const { asset, ref } = await playing();
    const link = () => linkSameSource(env, { key: asset.source, sizeBytes, sha256: 'ab'.repeat(32) });
    await publishLadder(ref);
    await link();
    const row = await env.CATALOG.prepare('SELECT source_key FROM jobs WHERE id = ?1').bind(ref.jobId).first();
    expect(row).toEqual({ source_key: twin.source });
    await collectFor(SESSIONS_END_MS);
    expect(await missing([asset.source, twin.source])).toEqual([]);
    await collectFor(3 * DAY_MS);
    expect(await missing([asset.source, twin.source])).toEqual([asset.source]);
  });
});

test('a file that a film plays from is not linked', async () => {
  const twin = await published();
  await env.MEDIA.put(twin.source, film());
  const same = { sizeBytes: film().byteLength, sha256: 'ab'.repeat(32) };
  await linkSameSource(env, { key: twin.source, ...same });
  const { asset, ref } = await playing('never');
  await linkSameSource(env, { key: asset.source, ...same });
  const row = await env.CATALOG.prepare('SELECT source_key FROM jobs WHERE id = ?1').bind(ref.jobId).first();
  expect(row).toEqual({ source_key: asset.source });
});

test('what a withdrawn film needed goes', async () => {
  const { ref, needs } = await playing('never');
  await withdrawSource(env, ref, 'open_gop');
  await collectFor(SESSIONS_END_MS + LONG_MS);
  expect(await missing(needs)).toEqual(needs);
});
