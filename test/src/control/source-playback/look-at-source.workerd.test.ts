/** Looks at sources on the real catalog and bucket: what is published, what is refused, and what is repeated after a crash. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNextJob, findAsset, findJob } from '../../../../src/catalog/assets.ts';
import { type JobRef, markCancelled, markEncoding } from '../../../../src/catalog/job-progress.ts';
import { publishRevision, withTracksOf } from '../../../../src/control/encoding/publish/publish.ts';
import { lookAtSource, tryLookAtSource } from '../../../../src/control/source-playback/look-at-source.ts';
import { LookBusy, withMemory } from '../../../../src/control/source-playback/look-memory.ts';
import { currentKey, presentationKey, sourceIndexKey } from '../../../../src/media/keys.ts';
import { readSlot } from '../../../../src/media/made/slot.ts';
import { readIndexMetadata } from '../../../../src/media/made/source-index.ts';
import { parsePresentation } from '../../../../src/media/presentation.ts';
import { parseLook } from '../../../../src/protocol/source-look.ts';
import { audioTrack, presentationOf, videoTrack } from '../../media/manifest/fixture.ts';
import { dying, eventsOf, film, filmed, keyOf, longFilm, objectsOf, through } from './film.ts';

beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const OBJECTS = ['current.json', 'presentation-1.json', 'sa0/init.mp4', 'source.idx', 'sv0/init.mp4'];
const LADDER = [videoTrack('v360', 640, 360, 1000), audioTrack('a128-eng', 'eng')];

const assetOf = ({ assetId }: JobRef) => findAsset(env.CATALOG, assetId);
const jobOf = ({ jobId }: JobRef) => findJob(env.CATALOG, jobId);
const lookOf = async (job: JobRef) => parseLook((await jobOf(job))?.look ?? null);
const currentOf = async ({ assetId }: JobRef) => (await env.MEDIA.get(currentKey(assetId)))?.json();
async function revisionOf(job: JobRef, revision: number) {
  const object = await env.MEDIA.get(presentationKey(job, revision));
  return object === null ? null : parsePresentation(await object.text());
}
const tracksOf = async (job: JobRef, revision: number) => (await revisionOf(job, revision))?.tracks.map(({ id }) => id);

const publishLadder = (job: JobRef, extent: 'partial' | 'full') =>
  publishRevision(env, job, extent, [], (base) =>
    withTracksOf(base, { ...presentationOf(LADDER, job.assetId), version: job.version }),
  );

/** A further job of the asset, of the same file or another. */
async function nextJob(before: JobRef, options: object | null, key = keyOf(before)): Promise<JobRef> {
  const job = { ...before, jobId: `${before.jobId}-next`, version: 'ver2' };
  const source = { source_key: key, source_url: null, options: options && JSON.stringify(options) };
  await createNextJob(env.CATALOG, { id: job.jobId, assetId: job.assetId, version: 'ver2', source }, Date.now());
  return job;
}
const finish = async (job: JobRef) => {
  await markEncoding(env.CATALOG, job, Date.now());
  await publishLadder(job, 'full');
};

describe('a standard source', () => {
  test.each([true, false])('plays at once (index first: %s), and its job goes on', async (indexFirst) => {
    const bytes = film({ indexFirst });
    const job = await filmed(bytes);
    const look = await lookAtSource(env, job);
    expect(look).toMatchObject({
      standard: true,
      sizeBytes: bytes.byteLength,
      width: 1920,
      height: 1080,
      frameRate: 24,
    });
    expect(await lookOf(job)).toEqual(look);
    expect(await objectsOf(job)).toEqual(OBJECTS);
    expect(await currentOf(job)).toEqual({ version: 'ver1', revision: 1, policy: 'public', disabled: false });
    expect(await assetOf(job)).toMatchObject({
      ...{ status: 'queued', ready: 'partial', from_source: 1, current_version: 'ver1', current_revision: 1 },
      ...{ width: 1920, height: 1080, duration_seconds: expect.closeTo(20, 1) },
    });
    expect(await jobOf(job)).toMatchObject({ status: 'queued' });
    expect(await eventsOf(job.assetId)).toEqual(['asset.queued', 'asset.ready_source']);
  });

  test('has an index that says which file it is of, and slots where its presentation looks for them', async () => {
    const bytes = film();
    const job = await filmed(bytes);
    await lookAtSource(env, job);
    const index = await env.MEDIA.get(sourceIndexKey(job));
    const facts = readIndexMetadata(index?.customMetadata);
    const source = await env.MEDIA.head(keyOf(job));
    expect(facts).toMatchObject({ sourceKey: keyOf(job), sourceEtag: source?.etag, sourceBytes: bytes.byteLength });
    const slots = new Uint8Array((await index?.arrayBuffer()) ?? new ArrayBuffer());
    const presentation = await revisionOf(job, 1);
    expect(presentation).toMatchObject({ source: { container: 'mp4', videoCodec: 'h264', frameCount: 480 } });
    const stride = facts?.stride ?? 0;
    for (const [picture] of [presentation?.tracks ?? []]) {
      const chunk = picture?.chunks[0];
      expect(chunk?.attempt).toBe(String(stride));
      expect(slots.byteLength).toBe((chunk?.segments.length ?? 0) * stride);
      expect(readSlot(slots.subarray(stride, 2 * stride), 2).video.sizeBytes).toBe(chunk?.segments[1]?.[1]);
    }
  });

  test('is handed over to the ladder, which drops its tracks', async () => {
    const job = await filmed();
    await lookAtSource(env, job);
    await markEncoding(env.CATALOG, job, Date.now());
    await publishLadder(job, 'partial');
    expect(await assetOf(job)).toMatchObject({ ready: 'partial', from_source: null, current_revision: 2 });
    await publishLadder(job, 'full');
    expect(await tracksOf(job, 1)).toEqual(['sv0', 'sa0']);
    expect(await tracksOf(job, 2)).toEqual(['v360', 'a128-eng']);
    expect(await assetOf(job)).toMatchObject({ status: 'ready', ready: 'full', from_source: null });
    expect(await eventsOf(job.assetId)).toEqual([
      ...['asset.queued', 'asset.ready_source', 'asset.encoding', 'asset.ready_partial', 'asset.ready'],
    ]);
  });

  test.each(['never', 'onDemand'])('is the whole film where it is to be encoded %s', async (encode) => {
    const job = await filmed(film(), { encode });
    await lookAtSource(env, job);
    expect(await assetOf(job)).toMatchObject({ status: 'ready', ready: 'full', from_source: 1 });
    expect(await jobOf(job)).toMatchObject({ status: 'done' });
    expect(await eventsOf(job.assetId)).toEqual(['asset.queued', 'asset.ready']);
    expect(await lookAtSource(env, job)).toMatchObject({ standard: true });
  });

  test('plays in few calls of the bucket, whatever its length', async () => {
    const job = await filmed(longFilm());
    const calls: string[] = [];
    await lookAtSource(
      through((method, run) => {
        calls.push(method);
        return run();
      }),
      job,
    );
    // Both ends, the index and the last key frame; source.idx and init segment; which current.json there is, asked for before the presentation is
    // written; current.json. Between them the catalog: facts, overlay, version, event.
    expect(calls).toEqual([
      ...['batch', 'get', 'get', 'get', 'get', 'put', 'put', 'head', 'batch', 'put', 'batch', 'put', 'batch'],
    ]);
    expect(await tracksOf(job, 1)).toEqual(['sv0']);
  });
});

describe('a source that is not standard', () => {
  test.each([
    ['no film', 'not really a film', 'not_mp4'],
    ['an empty file', '', 'not_mp4'],
    ['half a file', film().subarray(0, 5000), 'index_missing'],
    ['a film that does not begin with an IDR picture', film({ idr: false }), 'open_gop'],
  ])('%s is encoded the normal way, and says why', async (_, bytes, code) => {
    const job = await filmed(bytes);
    expect(await lookAtSource(env, job)).toMatchObject({ standard: false, code });
    expect(await lookOf(job)).toMatchObject({ standard: false, code });
    expect(await jobOf(job)).toMatchObject({ status: 'queued' });
    expect(await assetOf(job)).toMatchObject({
      status: 'queued',
      ready: 'no',
      from_source: null,
      current_version: null,
    });
    expect(await objectsOf(job)).toEqual([]);
  });

  test('fails where it is never to be encoded, also when the failure was not written at first', async () => {
    const job = await filmed('no film', { encode: 'never' });
    let batches = 0;
    const broken = through((method, run) => {
      batches += Number(method === 'batch');
      return method === 'batch' && batches === 2 ? Promise.reject(new Error('D1 is down')) : run();
    });
    await expect(lookAtSource(broken, job)).rejects.toThrow('D1 is down');
    expect(await jobOf(job)).toMatchObject({ status: 'queued' });
    await lookAtSource(env, job);
    const error = { error_code: 'source_not_playable', error_message: expect.stringContaining('no MP4 or MOV') };
    expect(await jobOf(job)).toMatchObject({ status: 'failed', ...error });
    expect(await assetOf(job)).toMatchObject({ status: 'failed', ...error });
  });

  test('is encoded at once where that was to wait for viewers', async () => {
    const job = await filmed('no film', { encode: 'onDemand' });
    expect(await lookAtSource(env, job)).toMatchObject({ standard: false });
    expect(await jobOf(job)).toMatchObject({ status: 'queued' });
  });

  test('a part of a film is encoded', async () => {
    const job = await filmed(film(), { start: 3 });
    expect(await lookAtSource(env, job)).toMatchObject({ standard: false, code: 'edit_list' });
  });
});

describe('nothing is published', () => {
  test('of a film that is longer than its upload may be', async () => {
    const job = await filmed(film(), { maxSeconds: 10 });
    expect(await lookAtSource(env, job)).toMatchObject({ standard: true });
    expect(await lookOf(job)).toMatchObject({ standard: true });
    expect(await objectsOf(job)).toEqual([]);
  });

  test('in place of a version that was encoded, unless the new one is never to be', async () => {
    const before = await filmed();
    await finish(before);
    const job = await nextJob(before, null);
    expect(await lookAtSource(env, job)).toMatchObject({ standard: true });
    expect(await lookOf(job)).toMatchObject({ standard: true });
    expect(await assetOf(job)).toMatchObject({ current_version: 'ver1', ready: 'full', from_source: null });
    await markCancelled(env.CATALOG, job, Date.now());
    const last = { ...(await nextJob({ ...before, jobId: 'x' }, { encode: 'never' })), version: 'ver2' };
    await lookAtSource(env, last);
    expect(await assetOf(last)).toMatchObject({ current_version: 'ver2', ready: 'full', from_source: 1 });
    expect(await jobOf(last)).toMatchObject({ status: 'done' });
  });

  test('by a look that comes after the ladder', async () => {
    const job = await filmed();
    let isLate = false;
    const late = through(async (method, run) => {
      if (method === 'put' && !isLate) {
        isLate = true;
        await finish(job);
      }
      return await run();
    });
    await expect(lookAtSource(late, job)).rejects.toThrow('cancelled');
    expect(await assetOf(job)).toMatchObject({ ready: 'full', from_source: null });
    expect(await tracksOf(job, (await assetOf(job))?.current_revision ?? 0)).toEqual(['v360', 'a128-eng']);
  });

  test('of a job that was cancelled', async () => {
    const job = await filmed();
    await markCancelled(env.CATALOG, job, Date.now());
    await expect(lookAtSource(env, job)).rejects.toThrow('ended');
    expect(await objectsOf(job)).toEqual([]);
  });

  test('of a file that is overwritten while it is read; the next look has the new one', async () => {
    const job = await filmed(longFilm());
    let gets = 0;
    const overwritten = through(async (method, run) => {
      gets += Number(method === 'get');
      if (method === 'get' && gets === 3) {
        await env.MEDIA.put(keyOf(job), film());
      }
      return await run();
    });
    await expect(lookAtSource(overwritten, job)).rejects.toThrow('overwritten');
    expect(await lookOf(job)).toBeNull();
    expect(await lookAtSource(env, job)).toMatchObject({ standard: true, durationSeconds: expect.closeTo(20, 1) });
  });

  test('of a file that was overwritten after its index was written', async () => {
    const job = await filmed();
    await lookAtSource(dying(4, 'before'), job).catch(() => undefined);
    expect(await objectsOf(job)).toContain('source.idx');
    await env.MEDIA.put(keyOf(job), film({ seconds: 30 }));
    expect(await lookAtSource(env, job)).toMatchObject({ standard: false, code: 'source_changed' });
    expect(await assetOf(job)).toMatchObject({ ready: 'no', current_version: null });
  });
});

describe('a further job of a film that plays from its source', () => {
  test('encodes it, where that is what it is for', async () => {
    const before = await filmed(film(), { encode: 'onDemand' });
    await lookAtSource(env, before);
    const job = await nextJob(before, null);
    expect(await lookAtSource(env, job)).toMatchObject({ standard: true });
    expect(await jobOf(job)).toMatchObject({ status: 'queued' });
    expect(await assetOf(job)).toMatchObject({ current_version: 'ver1', ready: 'full', from_source: 1 });
    await finish(job);
    expect(await assetOf(job)).toMatchObject({ current_version: 'ver2', ready: 'full', from_source: null });
  });
});

describe('a look that dies', () => {
  // Facts are a batch as well: source.idx, init segments, presentation, overlay, catalog, current.json, event with the look.
  const WRITES = [2, 3, 4, 5, 6, 7, 8, 9];

  test.each(WRITES.flatMap((write) => [[write, 'before'] as const, [write, 'after'] as const]))(
    'at write %i, %s it, is repeated: one revision that plays',
    async (write, when) => {
      const job = await filmed();
      const first = dying(write, when);
      await lookAtSource(first, job).catch(() => undefined);
      expect(first.writes).toBeGreaterThanOrEqual(write);
      await lookAtSource(env, job);
      await lookAtSource(env, job);
      expect(await objectsOf(job)).toEqual(OBJECTS);
      expect(await assetOf(job)).toMatchObject({ ready: 'partial', from_source: 1, current_revision: 1 });
      expect(await lookOf(job)).toMatchObject({ standard: true });
      expect(await eventsOf(job.assetId)).toEqual(['asset.queued', 'asset.ready_source']);
    },
  );

  test('has as many writes as are tried above', async () => {
    const counting = dying(0, 'before');
    await lookAtSource(counting, await filmed());
    expect(counting.writes).toBe(WRITES.at(-1));
  });

  test('and several at once publish one revision', async () => {
    const job = await filmed();
    const looks = await Promise.all([1, 2, 3].map(() => lookAtSource(env, job)));
    expect(new Set(looks.map((look) => JSON.stringify(look))).size).toBe(1);
    expect(await objectsOf(job)).toEqual(OBJECTS);
    expect(await eventsOf(job.assetId)).toEqual(['asset.queued', 'asset.ready_source']);
  });

  test.each(['get', 'put', 'batch'])('because of %s leaves the call that made the job unharmed', async (broken) => {
    const job = await filmed();
    const down = through((method, run) => (method === broken ? Promise.reject(new Error('it is down')) : run()));
    await tryLookAtSource(down, job);
    expect(await lookOf(job)).toBeNull();
    expect(await jobOf(job)).toMatchObject({ status: 'queued' });
  });
});

test('a look waits for its turn where others use the memory', async () => {
  const job = await filmed();
  await withMemory(async (hold) => {
    hold(51 * 1024 * 1024);
    await expect(lookAtSource(env, job)).rejects.toBeInstanceOf(LookBusy);
  });
  expect(await lookAtSource(env, job)).toMatchObject({ standard: true });
});
