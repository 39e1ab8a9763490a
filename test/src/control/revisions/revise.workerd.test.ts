/** Changes of tracks on the real catalog and bucket: what a call did not finish, writers at once, versions of any age. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { deleteAsset } from '../../../../src/catalog/assets.ts';
import { listChapters, setChapters } from '../../../../src/catalog/chapters.ts';
import { markEncoding } from '../../../../src/catalog/job-progress.ts';
import { changeTrack, insertTrack, listTracks } from '../../../../src/catalog/tracks.ts';
import { publishRevision } from '../../../../src/control/encoding/publish/publish.ts';
import { applyTracks } from '../../../../src/control/revisions/apply-tracks.ts';
import { copyTracks } from '../../../../src/control/revisions/copy-tracks.ts';
import { sweepRevisions, tryRevise } from '../../../../src/control/revisions/revise.ts';
import { textsFromCues } from '../../../../src/control/revisions/source-texts.ts';
import { TextPacks } from '../../../../src/control/revisions/text-packs.ts';
import { cuesKey, presentationKey, textKey, trackFileKey } from '../../../../src/media/keys.ts';
import { audioTrack } from '../../media/manifest/fixture.ts';
import { builtFilm, type Film, newFilm, playing, publishedFilm } from '../tracks/film.ts';

const VTT = 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n';

/** As a call does before it publishes. */
async function addRow({ assetId }: Film, id: string, vtt = VTT): Promise<void> {
  const content = trackFileKey(assetId, id);
  await env.MEDIA.put(content, vtt);
  const track = { id, kind: 'subtitles', language: 'en', name: null, is_default: 0, content } as const;
  expect(await insertTrack(env.CATALOG, assetId, track, Date.now())).toBe(true);
}

const textsOf = async (film: Film) => (await playing(film)).texts?.map(({ id }) => id) ?? [];
const isNoted = async ({ assetId }: Film): Promise<boolean> =>
  (await env.CATALOG.prepare('SELECT 1 FROM stale_revisions WHERE asset_id = ?1').bind(assetId).first()) !== null;
const sweepLater = () => sweepRevisions(env, Date.now() + 61_000);

/** The Worker that dies when it calls this method of a store. */
function dying(store: 'MEDIA' | 'CATALOG', method: string): typeof env {
  const broken = new Proxy(env[store], {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === method) {
        return () => Promise.reject(new Error('the Worker died'));
      }
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { ...env, [store]: broken };
}

test('what a call did not publish, the sweep publishes after a minute, once', async () => {
  const film = await publishedFilm();
  await addRow(film, 't-en_1');
  await sweepRevisions(env, Date.now());
  expect(await textsOf(film)).toEqual([]);
  await sweepLater();
  expect([await textsOf(film), await isNoted(film)]).toEqual([['t-en_1'], false]);
  await sweepLater();
  expect((await playing(film)).revision).toBe(2);
});

test.each([
  ['MEDIA', 'put'],
  ['CATALOG', 'batch'],
] as const)('a call that dies at %s.%s is logged, and finished by the sweep', async (store, method) => {
  const logged = vi.spyOn(console, 'warn').mockReturnValue();
  const film = await publishedFilm();
  await addRow(film, 't-en_1');
  await tryRevise(dying(store, method), film.assetId);
  expect(logged.mock.lastCall?.[0]).toContain('revision_stale');
  logged.mockRestore();
  expect([await textsOf(film), await isNoted(film)]).toEqual([[], true]);
  await sweepLater();
  expect([await textsOf(film), await isNoted(film)]).toEqual([['t-en_1'], false]);
});

test('a change during the publication is noted, and not taken away by it', async () => {
  const film = await publishedFilm();
  await addRow(film, 't-en_1');
  let changing: Promise<unknown> | null = null;
  const MEDIA = new Proxy(env.MEDIA, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'put') {
        return async (...args: Parameters<R2Bucket['put']>) => {
          changing ??= addRow(film, 't-en_2');
          await changing;
          return await target.put(...args);
        };
      }
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  await tryRevise({ ...env, MEDIA }, film.assetId);
  expect([await textsOf(film), await isNoted(film)]).toEqual([['t-en_1'], true]);
  await sweepLater();
  expect(await textsOf(film)).toEqual(['t-en_1', 't-en_2']);
});

test('the rest of a version and a change at once: both are there', async () => {
  const film = await newFilm();
  const built = builtFilm(film);
  const publish = (extent: 'partial' | 'full', tracks = built.tracks) => {
    const packs = new TextPacks(env.MEDIA, film);
    return publishRevision(env, film, extent, [], (base) => applyTracks(env, packs, { ...built, tracks }, base));
  };
  await publish('partial', built.tracks.slice(0, 1));
  await addRow(film, 't-en_1');
  await Promise.all([publish('full'), tryRevise(env, film.assetId)]);
  expect((await playing(film)).tracks).toHaveLength(built.tracks.length);
  expect(await textsOf(film)).toEqual(['t-en_1']);
});

test('a further version that was built before a change gets it from the sweep', async () => {
  const film = await publishedFilm();
  const next = { ...film, version: 'ver2', jobId: `${film.jobId}2` };
  await env.CATALOG.prepare(
    `INSERT INTO jobs (id, asset_id, version, status, created_at, updated_at) VALUES (?1, ?2, 'ver2', 'queued', 1, 1)`,
  )
    .bind(next.jobId, film.assetId)
    .run();
  await markEncoding(env.CATALOG, next, Date.now());
  await publishRevision(env, next, 'full', [], async (base) => {
    const built = await applyTracks(env, new TextPacks(env.MEDIA, next), builtFilm(next), base);
    await addRow(film, 't-en_1');
    await tryRevise(env, film.assetId);
    return built;
  });
  expect([(await playing(film)).version, await textsOf(film)]).toEqual(['ver2', []]);
  await sweepLater();
  expect([(await playing(film)).version, await textsOf(film)]).toEqual(['ver2', ['t-en_1']]);
});

test('a version that garbage collection has sealed takes it, and its earlier revisions are kept for a week', async () => {
  const film = await publishedFilm();
  await env.CATALOG.prepare(
    `INSERT INTO version_marks (asset_id, version, sealed_at, earlier_retired_at) VALUES (?1, ?2, 1, 1)`,
  )
    .bind(film.assetId, film.version)
    .run();
  await addRow(film, 't-en_1');
  await tryRevise(env, film.assetId);
  expect(await textsOf(film)).toEqual(['t-en_1']);
  const marks = env.CATALOG.prepare('SELECT sealed_at, earlier_retired_at FROM version_marks WHERE asset_id = ?1');
  expect(await marks.bind(film.assetId).first()).toEqual({ sealed_at: 1, earlier_retired_at: null });
});

test('cues that did not change are not written again; those that did leave the former to their sessions', async () => {
  const film = await publishedFilm();
  await addRow(film, 't-en_1');
  await tryRevise(env, film.assetId);
  const attempt = async () => (await playing(film)).texts?.[0]?.attempt ?? '';
  const first = await attempt();
  const change = async (to: Parameters<typeof changeTrack>[3]) => {
    await changeTrack(env.CATALOG, film.assetId, 't-en_1', to, Date.now());
    await tryRevise(env, film.assetId);
  };
  await change({ name: 'English' });
  expect([await attempt(), (await playing(film)).texts?.[0]?.name]).toEqual([first, 'English']);
  await change({ shift_ms: 100 });
  expect(await attempt()).not.toBe(first);
  expect(await (await env.MEDIA.get(textKey(film, 't-en_1', first)))?.text()).toContain('00:00:01.000');
});

test('a film plays on without a track whose file is gone, which says so', async () => {
  const warned = vi.spyOn(console, 'warn').mockReturnValue();
  const film = await publishedFilm();
  await addRow(film, 't-en_1');
  await addRow(film, 't-en_2');
  await env.MEDIA.delete(trackFileKey(film.assetId, 't-en_1'));
  await tryRevise(env, film.assetId);
  warned.mockRestore();
  expect(await textsOf(film)).toEqual(['t-en_2']);
  expect((await listTracks(env.CATALOG, film.assetId))[0]).toMatchObject({
    state: 'failed',
    error_code: 'text_missing',
  });
  await sweepLater();
  expect([(await playing(film)).revision, await isNoted(film)]).toEqual([2, false]);
});

test('rows of a deleted asset go with it', async () => {
  const film = await publishedFilm();
  await addRow(film, 't-en_1');
  await deleteAsset(env.CATALOG, film.assetId, Date.now(), []);
  await sweepLater();
  expect([await listTracks(env.CATALOG, film.assetId), await isNoted(film)]).toEqual([[], false]);
});

test('an event tells the new revision', async () => {
  const film = await publishedFilm();
  await addRow(film, 't-en_1');
  await tryRevise(env, film.assetId);
  const events = env.CATALOG.prepare('SELECT type FROM events WHERE asset_id = ?1 ORDER BY sequence DESC LIMIT 1');
  expect(await events.bind(film.assetId).first()).toEqual({ type: 'asset.updated' });
});

test('texts of a source are made of extracted cues, and stay the same when the step is repeated', async () => {
  const film = await newFilm();
  const late = `${VTT}\n01:00.000 --> 01:01.000\nLate\n`;
  await env.MEDIA.put(cuesKey(film, 't-en', '2'), late);
  await env.MEDIA.put(cuesKey(film, 't-fr', '2'), '\u0000');
  const plan = { kind: 'subtitles', streamIndex: 2, codec: 'subrip', isDefault: true } as const;
  const plans = ['en', 'fr', 'de'].map((language) => ({ ...plan, track: `t-${language}`, language }));
  const extracted = { attempt: '2', texts: [{ track: 't-en' }, { track: 't-fr' }] };
  const publish = async () => {
    const packs = new TextPacks(env.MEDIA, film);
    const { texts, warnings } = await textsFromCues(packs, film, plans, extracted, 9509.5);
    await publishRevision(env, film, 'full', warnings, (base) =>
      applyTracks(env, packs, { ...builtFilm(film), texts }, base),
    );
    return warnings;
  };
  expect(await publish()).toEqual([
    { code: 'text_cut', message: 'Text track t-en: 1 cue outside the film' },
    { code: 'text_damaged', message: expect.stringContaining('Text track t-fr: ') },
  ]);
  expect((await playing(film)).texts).toMatchObject([{ id: 't-en', language: 'en', isDefault: true }]);
  await publish();
  expect((await playing(film)).revision).toBe(1);
});

test('a part of a film has its tracks and chapters, shown earlier', async () => {
  const film = await publishedFilm();
  const clip = await newFilm();
  await addRow(film, 't-en_1');
  await changeTrack(env.CATALOG, film.assetId, 'a128-de', { name: 'Deutsch' }, 1);
  const dub = { id: 'a-fr_abc', kind: 'audio', language: 'fr', name: null, is_default: 0, content: null } as const;
  await insertTrack(env.CATALOG, film.assetId, dub, 1);
  const starts = [0, 2000, 5000, 9000].map((startMs) => ({ startMs, title: `At ${startMs}` }));
  await setChapters(env.CATALOG, film.assetId, { language: 'en', chapters: starts }, 1);
  await env.CATALOG.batch(await copyTracks(env.CATALOG, film.assetId, clip.assetId, { start: 3, end: 9 }));
  expect(await listTracks(env.CATALOG, clip.assetId)).toMatchObject([
    { id: 'a-fr_abc', shift_ms: -3000, state: 'waiting' },
    { id: 'a128-de', name: 'Deutsch', shift_ms: 0 },
    { id: 't-en_1', shift_ms: -3000, content: trackFileKey(film.assetId, 't-en_1') },
  ]);
  expect(await listChapters(env.CATALOG, clip.assetId)).toEqual([
    {
      language: 'en',
      chapters: [
        { startMs: 0, title: 'At 2000' },
        { startMs: 2000, title: 'At 5000' },
      ],
    },
  ]);
});

test('a part may begin between milliseconds', async () => {
  const film = await publishedFilm();
  await setChapters(env.CATALOG, film.assetId, { language: 'en', chapters: [{ startMs: 2000, title: 'Two' }] }, 1);
  const clip = await newFilm();
  // 1000 * 1.001 is 1000.9999999999999.
  await env.CATALOG.batch(await copyTracks(env.CATALOG, film.assetId, clip.assetId, { start: 1.001, end: 9 }));
  expect(await listChapters(env.CATALOG, clip.assetId)).toEqual([
    { language: 'en', chapters: [{ startMs: 999, title: 'Two' }] },
  ]);
});

test('a dub of the version is labelled by its row, and goes with it', async () => {
  const film = await newFilm();
  const dub = {
    id: 'a-fr_abc',
    kind: 'audio',
    language: 'fr-CA',
    name: 'Québec',
    is_default: 1,
    content: null,
  } as const;
  await insertTrack(env.CATALOG, film.assetId, dub, 1);
  const built = builtFilm(film);
  const tracks = [...built.tracks, audioTrack('a-fr_abc', 'fr', { role: 'alternate' })];
  const overlaid = () => applyTracks(env, new TextPacks(env.MEDIA, film), { ...built, tracks }, null);
  expect((await overlaid()).tracks.at(-1)).toMatchObject({ language: 'fr-CA', name: 'Québec', role: 'main' });
  await env.CATALOG.prepare('DELETE FROM tracks WHERE asset_id = ?1').bind(film.assetId).run();
  expect((await overlaid()).tracks.map(({ id }) => id)).not.toContain('a-fr_abc');
});

test('cues that replace those that make no track are not blamed for them', async () => {
  const film = await publishedFilm();
  await addRow(film, 't-en_1', 'no cues at all');
  const content = trackFileKey(film.assetId, 'better');
  await env.MEDIA.put(content, VTT);
  const MEDIA = new Proxy(env.MEDIA, {
    get(bucket, name) {
      const member: unknown = Reflect.get(bucket, name);
      if (name === 'get') {
        return async (...args: Parameters<R2Bucket['get']>) => {
          if (args[0] === trackFileKey(film.assetId, 't-en_1')) {
            await changeTrack(env.CATALOG, film.assetId, 't-en_1', { content }, Date.now());
          }
          return await bucket.get(...args);
        };
      }
      return typeof member === 'function' ? member.bind(bucket) : member;
    },
  });
  await tryRevise({ ...env, MEDIA }, film.assetId);
  await sweepLater();
  expect([await textsOf(film), await isNoted(film)]).toEqual([['t-en_1'], false]);
});

test('a version that has had ten thousand revisions takes more', async () => {
  const film = await publishedFilm();
  const newest = { ...(await playing(film)), revision: 10_000 };
  await env.MEDIA.put(presentationKey(film, newest.revision), JSON.stringify(newest));
  for (const change of [
    'versions SET revision = 10000 WHERE asset_id',
    'assets SET current_revision = 10000 WHERE id',
  ]) {
    await env.CATALOG.prepare(`UPDATE ${change} = ?1`).bind(film.assetId).run();
  }
  await addRow(film, 't-en_1');
  await tryRevise(env, film.assetId);
  expect([(await playing(film)).revision, await textsOf(film)]).toEqual([10_001, ['t-en_1']]);
});
