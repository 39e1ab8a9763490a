/** Revisions on the real catalog and bucket: writers at once, writers that die between two writes, jobs that have ended. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { createAsset, deleteAsset, findAsset, findJob } from '../../../../../src/catalog/assets.ts';
import { markCancelled, markEncoding } from '../../../../../src/catalog/job-progress.ts';
import { publishRevision, withTracksOf } from '../../../../../src/control/encoding/publish/publish.ts';
import { currentKey, presentationKey } from '../../../../../src/media/keys.ts';
import { parsePresentation, type Track, type Unnumbered } from '../../../../../src/media/presentation.ts';
import type { Bindings } from '../../../../../src/platform/bindings.ts';
import { audioTrack, presentationOf, videoTrack } from '../../../media/manifest/fixture.ts';

const FILM = [videoTrack('v360', 640, 360, 1000), audioTrack('a128-eng', 'eng')];

let assets = 0;

async function encoding(): Promise<{ assetId: string; version: string; jobId: string }> {
  assets += 1;
  const id = `film${assets}`;
  const job = { assetId: id, version: 'ver1', jobId: `${id}-job` };
  const source = { sourceKey: `sources/${id}/film.mp4`, sourceUrl: null };
  await createAsset(
    env.CATALOG,
    { id, title: id, policy: 'signed', prewarm: false, ...source },
    { id: job.jobId, assetId: id, version: job.version },
    Date.now(),
  );
  await markEncoding(env.CATALOG, job, Date.now());
  return job;
}
type Job = Awaited<ReturnType<typeof encoding>>;

const unnumbered = ({ assetId, version }: Job, tracks: Track[]): Unnumbered => ({
  ...presentationOf(tracks, assetId),
  version,
});

/** As each of the writers publishes: its own tracks, and what else is there. */
const publish = (job: Job, tracks: Track[], extent: 'partial' | 'full' = 'full', from: Bindings = env) =>
  publishRevision(from, job, extent, [], (base) => withTracksOf(base, unnumbered(job, tracks)));

async function revision(job: Job, number: number) {
  const object = await env.MEDIA.get(presentationKey(job, number));
  return object === null ? null : parsePresentation(await object.text());
}
const tracksOf = async (job: Job, number: number) => (await revision(job, number))?.tracks.map(({ id }) => id).sort();
const current = async ({ assetId }: Job) => (await env.MEDIA.get(currentKey(assetId)))?.json<{ revision: number }>();

/** The Worker of which write number `dies` does not take place, or takes place and is not heard of. */
function dying(dies: number, when: 'before' | 'after'): Bindings & { writes: number } {
  const state = { writes: 0 };
  const write = async <Result>(run: () => Promise<Result>): Promise<Result> => {
    state.writes += 1;
    if (state.writes !== dies) {
      return await run();
    }
    if (when === 'after') {
      await run();
    }
    throw new Error('the Worker died');
  };
  const wrap = <Store extends object>(store: Store, writer: string): Store =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') {
          return member;
        }
        return name === writer
          ? (...args: unknown[]) => write(() => Reflect.apply(member, target, args))
          : member.bind(target);
      },
    });
  return Object.assign(state, { ...env, MEDIA: wrap(env.MEDIA, 'put'), CATALOG: wrap(env.CATALOG, 'batch') });
}

describe('writers at once', () => {
  test('end with the tracks of all, under numbers of their own', async () => {
    const job = await encoding();
    await publish(job, FILM);
    const languages = ['deu', 'fra', 'ita', 'spa'];
    await Promise.all(languages.map((language) => publish(job, [...FILM, audioTrack(`a128-${language}`, language)])));
    const { revision: newest = 0 } = (await current(job)) ?? {};
    expect(await tracksOf(job, newest)).toEqual(['a128-deu', 'a128-eng', 'a128-fra', 'a128-ita', 'a128-spa', 'v360']);
    expect(await tracksOf(job, 1)).toEqual(['a128-eng', 'v360']);
    expect(await findAsset(env.CATALOG, job.assetId)).toMatchObject({ current_revision: newest, ready: 'full' });
  });

  test('one overtaken between its presentation and the catalog builds anew on what overtook it', async () => {
    const job = await encoding();
    await publish(job, FILM);
    const bases: (number | undefined)[] = [];
    let overtaking: Promise<void> | null = null;
    const slow = new Proxy(env.CATALOG, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== 'batch' || typeof member !== 'function') {
          return typeof member === 'function' ? member.bind(target) : member;
        }
        return async (statements: D1PreparedStatement[]) => {
          overtaking ??= publish(job, [...FILM, audioTrack('a128-deu', 'deu')]);
          await overtaking;
          return await target.batch(statements);
        };
      },
    });
    await publishRevision({ ...env, CATALOG: slow }, job, 'full', [], (base) => {
      bases.push(base?.revision);
      return withTracksOf(base, unnumbered(job, [...FILM, audioTrack('a128-fra', 'fra')]));
    });
    // Its first presentation took number 2, which nothing names.
    expect(bases).toEqual([1, 3]);
    expect(await tracksOf(job, 2)).toEqual(['a128-eng', 'a128-fra', 'v360']);
    expect(await tracksOf(job, 3)).toEqual(['a128-deu', 'a128-eng', 'v360']);
    expect(await tracksOf(job, 4)).toEqual(['a128-deu', 'a128-eng', 'a128-fra', 'v360']);
    expect(await current(job)).toMatchObject({ revision: 4 });
  });

  test('a writer that is overtaken each time gives up for now', async () => {
    const job = await encoding();
    await publish(job, FILM);
    const batch = vi.fn(async (statements: D1PreparedStatement[]) => {
      await env.CATALOG.prepare('UPDATE versions SET revision = revision + 1 WHERE asset_id = ?1')
        .bind(job.assetId)
        .run();
      const { revision: from = 0 } = (await current(job)) ?? {};
      const newest = from + batch.mock.calls.length;
      await env.MEDIA.put(
        presentationKey(job, newest),
        JSON.stringify({ ...unnumbered(job, [...FILM, audioTrack(`a${newest}-deu`, 'deu')]), revision: newest }),
      );
      return await env.CATALOG.batch(statements);
    });
    const CATALOG = { prepare: (query: string) => env.CATALOG.prepare(query), batch } as unknown as D1Database;
    const others = publish(job, [...FILM, audioTrack('a128-fra', 'fra')], 'full', { ...env, CATALOG });
    await expect(others).rejects.toThrow('all the time');
    expect(batch).toHaveBeenCalledTimes(10);
  });
});

describe('a writer that dies', () => {
  // Presentation, catalog, pointer, status.
  const WRITES = [1, 2, 3, 4];

  test.each(WRITES.flatMap((write) => [[write, 'before'] as const, [write, 'after'] as const]))(
    'at write %i, %s it, is repeated: the same revision, ready and seen',
    async (write, when) => {
      const job = await encoding();
      await publish(job, [videoTrack('v360', 640, 360, 1000)], 'partial');
      await publish(job, FILM, 'full', dying(write, when)).catch(() => undefined);
      await publish(job, FILM);
      await publish(job, FILM);
      expect(await current(job)).toMatchObject({ version: 'ver1', revision: 2 });
      expect(await tracksOf(job, 2)).toEqual(['a128-eng', 'v360']);
      expect(await revision(job, 3)).toBeNull();
      expect(await findAsset(env.CATALOG, job.assetId)).toMatchObject({ status: 'ready', ready: 'full' });
      expect(await findJob(env.CATALOG, job.jobId)).toMatchObject({ status: 'done' });
    },
  );

  test('has as many writes as are tried above', async () => {
    const job = await encoding();
    await publish(job, [videoTrack('v360', 640, 360, 1000)], 'partial');
    const counting = dying(0, 'before');
    await publish(job, FILM, 'full', counting);
    expect(counting.writes).toBe(WRITES.length);
  });

  test('and does not come back leaves its number to nobody', async () => {
    const job = await encoding();
    await publish(job, FILM);
    await publish(job, [...FILM, audioTrack('a128-fra', 'fra')], 'full', dying(2, 'before')).catch(() => undefined);
    await publish(job, [...FILM, audioTrack('a128-deu', 'deu')]);
    expect(await tracksOf(job, 2)).toEqual(['a128-eng', 'a128-fra', 'v360']);
    expect(await current(job)).toMatchObject({ revision: 3 });
    expect(await tracksOf(job, 3)).toEqual(['a128-deu', 'a128-eng', 'v360']);
  });
});

describe('nothing is published', () => {
  test('of a job that was cancelled', async () => {
    const job = await encoding();
    await markCancelled(env.CATALOG, job, Date.now());
    await expect(publish(job, FILM)).rejects.toThrow('The job was cancelled');
    expect(await current(job)).toBeUndefined();
  });

  test('of an asset that was deleted', async () => {
    const job = await encoding();
    await deleteAsset(env.CATALOG, job.assetId, Date.now(), []);
    await expect(publish(job, FILM)).rejects.toThrow('The job was cancelled');
    expect(await current(job)).toBeUndefined();
  });
});
