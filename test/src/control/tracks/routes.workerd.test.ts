/** Tracks through the public door, on a film that is published. */
import { SELF } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { publishRevision } from '../../../../src/control/encoding/publish/publish.ts';
import { applyTracks } from '../../../../src/control/revisions/apply-tracks.ts';
import { TextPacks } from '../../../../src/control/revisions/text-packs.ts';
import { textKey } from '../../../../src/media/keys.ts';
import { type Answer, call, ORIGIN, problemOf } from '../../http/client.ts';
import { audioTrack } from '../../media/manifest/fixture.ts';
import { builtFilm, type Film, newFilm, playing, publishedFilm } from './film.ts';

const SRT = '1\n00:00:01,000 --> 00:00:02,500\nHello <b>you</b>\n\n2\n00:00:03,000 --> 00:00:04,000\nBye\n';
const SRT_TYPE = { 'content-type': 'application/x-subrip' };

/** As large as a file may be, but larger than what players can be answered. */
const LONG = Array.from({ length: 2000 }, () => `1\n00:00:01,000 --> 00:00:02,000\n${'x'.repeat(4700)}\n\n`).join('');

const trackSchema = z.looseObject({ id: z.string(), kind: z.string(), status: z.string().optional() });
const tracksOf = async ({ assetId }: Film) =>
  z.object({ tracks: z.array(trackSchema) }).parse((await call('GET', `/v1/assets/${assetId}/tracks`)).body).tracks;
const add = ({ assetId }: Pick<Film, 'assetId'>, query: string, body: BodyInit = SRT): Promise<Answer> =>
  call('POST', `/v1/assets/${assetId}/tracks?${query}`, { body, headers: SRT_TYPE });
const change = ({ assetId }: Film, track: string, json: unknown) =>
  call('PATCH', `/v1/assets/${assetId}/tracks/${track}`, { json });

/** The whole track, as players get it. */
async function wholeText(film: Film, id: string): Promise<string> {
  const text = (await playing(film)).texts?.find((track) => track.id === id);
  const object = await env.MEDIA.get(textKey(film, id, text?.attempt ?? ''), {
    range: { offset: 0, length: text?.wholeBytes ?? 0 },
  });
  return (await object?.text()) ?? '';
}

test('a film that is not published yet has no tracks; an unknown one is refused', async () => {
  expect(await tracksOf(await newFilm())).toEqual([]);
  expect(problemOf(await call('GET', '/v1/assets/nobody/tracks'))).toEqual([404, 'asset_not_found']);
  expect(problemOf(await add({ assetId: 'nobody' }, 'language=en'))).toEqual([404, 'asset_not_found']);
});

test('the tracks of a film: picture and sound with their formats', async () => {
  const surround = audioTrack('a384-en', 'eng', { channels: 6, formatOf: 'a128-en' });
  const built = builtFilm(await newFilm());
  const film = await publishedFilm({ tracks: [...built.tracks, surround] });
  const tracks = await tracksOf(film);
  expect(tracks.map(({ id }) => id)).toEqual(['v360', 'v720', 'v1080', 'a128-en', 'a128-de']);
  expect(tracks[0]).toMatchObject({ kind: 'video', width: 640, height: 360, codec: 'avc1.64001f' });
  expect(tracks[3]).toMatchObject({
    kind: 'audio',
    language: 'eng',
    role: null,
    default: true,
    origin: 'source',
    status: 'ready',
    formats: [
      { id: 'a128-en', channels: 2 },
      { id: 'a384-en', channels: 6 },
    ],
  });
});

/** Nothing that is refused changes it. */
let refusing: Film;
beforeAll(async () => {
  const surround = audioTrack('a384-en', 'eng', { channels: 6, formatOf: 'a128-en' });
  refusing = await publishedFilm({ tracks: [...builtFilm(await newFilm()).tracks, surround] });
  await add(refusing, 'language=en');
});
afterAll(async () => {
  expect((await playing(refusing)).revision).toBe(2);
  expect((await env.MEDIA.list({ prefix: `sources/${refusing.assetId}/` })).objects).toHaveLength(1);
});

describe('a file of cues', () => {
  test('is part of what new sessions play when the call is answered', async () => {
    const film = await publishedFilm();
    const { status, headers, body } = await add(film, 'language=EN-us&name=English&default=true');
    expect([status, headers.get('location')]).toEqual([201, `/v1/assets/${film.assetId}/tracks/t-en-us_1`]);
    expect(body).toEqual({
      id: 't-en-us_1',
      kind: 'subtitles',
      language: 'en-US',
      name: 'English',
      default: true,
      origin: 'added',
      status: 'ready',
      error: null,
      warnings: [],
      shiftMs: 0,
    });
    const { revision, texts } = await playing(film);
    expect([revision, texts?.map(({ id }) => id)]).toEqual([2, ['t-en-us_1']]);
    expect(await wholeText(film, 't-en-us_1')).toContain('00:00:01.000 --> 00:00:02.500\nHello <b>you</b>');
    expect((await tracksOf(film)).at(-1)).toEqual(body);
  });

  test('may lie in the bucket, and is copied', async () => {
    const film = await publishedFilm();
    await env.MEDIA.put('sources/subs/de.srt', SRT);
    const url = `/v1/assets/${film.assetId}/tracks`;
    const json = { kind: 'captions', language: 'de' };
    expect(await call('POST', url, { json: { ...json, source: { object: 'sources/subs/de.srt' } } })).toMatchObject({
      status: 201,
      body: { id: 't-de-captions_1', kind: 'captions' },
    });
    expect(await call('POST', url, { json: { ...json, object: 'sources/subs/de.srt' } })).toMatchObject({
      status: 201,
    });
    await env.MEDIA.delete('sources/subs/de.srt');
    expect((await change(film, 't-de-captions_2', { shiftMs: 100 })).status).toBe(200);
    expect(await wholeText(film, 't-de-captions_2')).toContain('00:00:01.100 -->');
  });

  test.each([
    ['no text', '\u0000\u0001\u0002 %PDF', 422, 'text_unreadable'],
    ['a text without cues', 'WEBVTT\n\nNOTE nothing\n', 422, 'text_empty'],
    ['nothing', '', 400, 'invalid_request'],
    ['11 MB', 'x'.repeat(11 * 1024 * 1024), 413, 'body_too_large'],
    ['9 MB of cues', LONG, 422, 'text_too_long'],
  ])('is refused if it is %s', async (_, file, status, code) => {
    expect(problemOf(await add(refusing, 'language=en', file))).toEqual([status, code]);
  });

  test.each([
    ['no language', ''],
    ['a language that is none', 'language=english'],
    ['a language of strange characters', 'language=e%00'],
    ['an unknown kind', 'language=en&kind=karaoke'],
    ['a name of two lines', 'language=en&name=a%0Ab'],
  ])('is refused with %s', async (_, query) => {
    expect(problemOf(await add(refusing, query))).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['an object that is not there', { object: 'sources/none.srt' }, 422, 'source_not_found'],
    ['an object elsewhere', { object: 'assets/film/current.json' }, 400, 'invalid_request'],
    ['a private address', { url: 'http://10.0.0.1/a.srt' }, 422, 'source_refused'],
    ['two of them', { object: 'sources/a.srt', url: 'https://media.example/a.srt' }, 400, 'invalid_request'],
    ['none', {}, 400, 'invalid_request'],
  ])('is refused from %s', async (_, source, status, code) => {
    const json = { kind: 'subtitles', language: 'en', ...source };
    expect(problemOf(await call('POST', `/v1/assets/${refusing.assetId}/tracks`, { json }))).toEqual([status, code]);
  });

  test('needs the token', async () => {
    const answer = await call('POST', `/v1/assets/${refusing.assetId}/tracks?language=en`, {
      token: null,
      body: SRT,
      headers: SRT_TYPE,
    });
    expect(problemOf(answer)).toEqual([401, 'unauthorized']);
  });

  test('has a warning for cues outside the film, and for those that cannot be read', async () => {
    const film = await publishedFilm();
    const file = `${SRT}\n3\n00:01:00,000 --> 00:01:01,000\nLate\n\n4\n00:00:05,000 --> 00:00:05,000\nNever\n`;
    expect((await add(film, 'language=en', file)).body).toMatchObject({
      warnings: [
        { code: 'text_damaged', message: '1 cue cannot be read' },
        { code: 'text_cut', message: '1 cue outside the film' },
      ],
    });
  });

  test('ten of one language have ids of their own, also when they come at once', async () => {
    const film = await publishedFilm();
    await Promise.all(Array.from({ length: 10 }, () => add(film, 'language=en')));
    const ids = (await tracksOf(film)).filter(({ kind }) => kind === 'subtitles').map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(Array.from({ length: 10 }, (_, index) => `t-en_${index + 1}`)));
    expect((await playing(film)).texts).toHaveLength(10);
  });

  test('waits for the encode of its film, which publishes it', async () => {
    const film = await newFilm();
    expect((await add(film, 'language=en')).body).toMatchObject({ id: 't-en_1', status: 'waiting' });
    const packs = new TextPacks(env.MEDIA, film);
    await publishRevision(env, film, 'full', [], (base) => applyTracks(env, packs, builtFilm(film), base));
    expect((await playing(film)).texts?.map(({ id }) => id)).toEqual(['t-en_1']);
    expect((await tracksOf(film)).at(-1)).toMatchObject({ id: 't-en_1', status: 'ready' });
  });
});

test('added sound waits for its encode, can be named meanwhile, and taken back', async () => {
  const film = await publishedFilm();
  await env.MEDIA.put('sources/dubs/fr.wav', 'not really sound');
  const path = `/v1/assets/${film.assetId}/tracks`;
  const json = { kind: 'audio', language: 'fr', role: 'commentary', object: 'sources/dubs/fr.wav' };
  const { status, body } = await call('POST', path, { json });
  const { id } = trackSchema.parse(body);
  expect([status, body]).toEqual([202, expect.objectContaining({ kind: 'audio', status: 'waiting', formats: [] })]);
  expect((await change(film, id, { name: 'Le metteur en scène' })).body).toMatchObject({ id, status: 'waiting' });
  expect((await tracksOf(film)).find((track) => track.id === id)).toMatchObject({ name: 'Le metteur en scène' });
  expect((await call('DELETE', `${path}/${id}`)).status).toBe(204);
  expect((await tracksOf(film)).map((track) => track.id)).not.toContain(id);
  const gone = { ...json, object: 'sources/dubs/none.wav' };
  expect(problemOf(await call('POST', path, { json: gone }))).toEqual([422, 'source_not_found']);
  expect(problemOf(await call('POST', path, { json: { ...json, default: true } }))).toEqual([422, 'track_refused']);
  const collected = env.CATALOG.prepare('INSERT INTO collected_sources (key, marked_at) VALUES (?1, 1)');
  await collected.bind(json.object).run();
  expect(problemOf(await call('POST', path, { json }))).toEqual([422, 'source_not_found']);
});

describe('a change of a track', () => {
  test('labels the sound of the source; other formats follow', async () => {
    const surround = audioTrack('a384-de', 'de', { channels: 6, formatOf: 'a128-de', role: 'alternate' });
    const film = await publishedFilm({ tracks: [...builtFilm(await newFilm()).tracks, surround] });
    const json = { language: 'de-AT', name: 'Wienerisch', default: true };
    expect((await change(film, 'a128-de', json)).body).toMatchObject({ id: 'a128-de', ...json, status: 'ready' });
    const sounds = (await playing(film)).tracks.filter((track) => track.kind === 'audio');
    expect(sounds.map(({ id, language, name, role }) => [id, language, name, role])).toEqual([
      ['a128-en', 'eng', undefined, 'alternate'],
      ['a128-de', 'de-AT', 'Wienerisch', 'main'],
      ['a384-de', 'de-AT', 'Wienerisch', 'main'],
    ]);
    expect((await change(film, 'a128-de', { name: null })).body).toMatchObject({ name: null });
    expect((await change(film, 'a128-en', { default: true })).body).toMatchObject({ default: true });
    expect((await tracksOf(film)).find(({ id }) => id === 'a128-de')).toMatchObject({ default: false });
  });

  test('shifts cues, both ways', async () => {
    const film = await publishedFilm();
    await add(film, 'language=en');
    expect((await change(film, 't-en_1', { shiftMs: -2000 })).body).toMatchObject({ shiftMs: -2000 });
    const text = await wholeText(film, 't-en_1');
    expect(text).toContain('00:00:00.000 --> 00:00:00.500\nHello');
    expect(text).toContain('00:00:01.000 --> 00:00:02.000\nBye');
  });

  test('that says nothing publishes nothing', async () => {
    const film = await publishedFilm();
    await add(film, 'language=en&name=English');
    const { revision } = await playing(film);
    await change(film, 't-en_1', {});
    await change(film, 't-en_1', { name: 'English', shiftMs: 0 });
    expect((await playing(film)).revision).toBe(revision);
  });

  test.each([
    ['v360', { name: 'HD' }, 422, 'track_refused'],
    ['a128-en', { shiftMs: 10 }, 422, 'track_refused'],
    ['a128-en', { kind: 'captions' }, 422, 'track_refused'],
    ['a128-en', { role: 'commentary', default: true }, 422, 'track_refused'],
    ['t-en_1', { role: 'commentary' }, 422, 'track_refused'],
    ['t-en_1', { kind: 'forced', default: true }, 422, 'track_refused'],
    ['t-en_1', { shiftMs: 86_400_001 }, 400, 'invalid_request'],
    ['t-en_1', { language: 'x y' }, 400, 'invalid_request'],
    ['t-en_1', { unknown: 1 }, 400, 'invalid_request'],
    ['t-fr_1', { name: 'x' }, 404, 'track_not_found'],
    ['a384-en', { name: 'x' }, 404, 'track_not_found'],
  ])('of %s to %j is refused', async (track, json, status, code) => {
    expect(problemOf(await change(refusing, track, json))).toEqual([status, code]);
  });
});

describe('a deleted track', () => {
  test('is gone for new sessions, and stays gone', async () => {
    const film = await publishedFilm();
    await add(film, 'language=en');
    for (const track of ['t-en_1', 'a128-en']) {
      const path = `/v1/assets/${film.assetId}/tracks/${track}`;
      expect((await call('DELETE', path)).status).toBe(204);
      expect(problemOf(await call('DELETE', path))).toEqual([404, 'track_not_found']);
      expect(problemOf(await change(film, track, { name: 'x' }))).toEqual([404, 'track_not_found']);
    }
    expect((await tracksOf(film)).map(({ id }) => id)).toEqual(['v360', 'v720', 'v1080', 'a128-de']);
    const { tracks, texts } = await playing(film);
    expect([tracks.at(-1), texts]).toEqual([expect.objectContaining({ id: 'a128-de', role: 'main' }), undefined]);
    const encoded = builtFilm(film);
    const again = await applyTracks(env, new TextPacks(env.MEDIA, film), encoded, null);
    expect(again.tracks.map(({ id }) => id)).not.toContain('a128-en');
  });

  test('is never the picture', async () => {
    const picture = `/v1/assets/${refusing.assetId}/tracks/v360`;
    expect(problemOf(await call('DELETE', picture))).toEqual([422, 'track_refused']);
  });
});

describe('the cues of a track', () => {
  const download = async ({ assetId }: Film, track: string, format: string) => {
    const url = `${ORIGIN}/v1/assets/${assetId}/tracks/${track}/text?format=${format}`;
    const response = await SELF.fetch(url, { headers: { authorization: `Bearer ${env.API_TOKEN}` } });
    return [response.headers.get('content-type'), response.headers.get('content-disposition'), await response.text()];
  };

  test('come as files, as they are shown', async () => {
    const film = await publishedFilm();
    await add(film, 'language=en');
    await change(film, 't-en_1', { shiftMs: 500 });
    expect(await download(film, 't-en_1', 'vtt')).toEqual([
      'text/vtt; charset=utf-8',
      'attachment; filename="t-en_1.vtt"',
      expect.stringContaining('00:00:01.500 --> 00:00:03.000'),
    ]);
    expect((await download(film, 't-en_1', 'srt'))[2]).toContain('00:00:01,500 --> 00:00:03,000');
    expect((await download(film, 't-en_1', 'txt'))[2]).toBe('Hello you\nBye\n');
  });

  test('can be replaced', async () => {
    const film = await publishedFilm();
    await add(film, 'language=en');
    const path = `/v1/assets/${film.assetId}/tracks/t-en_1/text`;
    const file = { body: SRT.replace('Bye', 'See you'), headers: SRT_TYPE };
    expect((await call('PUT', path, file)).status).toBe(200);
    expect(await wholeText(film, 't-en_1')).toContain('See you');
    expect(problemOf(await call('PUT', path, { ...file, body: 'no cues' }))).toEqual([422, 'text_unreadable']);
    expect(await wholeText(film, 't-en_1')).toContain('See you');
    const ofSound = path.replace('t-en_1', 'a128-en');
    expect(problemOf(await call('PUT', ofSound, file))).toEqual([422, 'track_refused']);
    expect(problemOf(await call('GET', ofSound))).toEqual([422, 'track_refused']);
  });
});

describe('chapters', () => {
  const set = ({ assetId }: Film, language: string, chapters: unknown) =>
    call('PUT', `/v1/assets/${assetId}/chapters/${language}`, { json: { chapters } });

  test('are set by language, seen by players, and removed', async () => {
    const film = await publishedFilm();
    const english = [
      { start: 0, title: 'One' },
      { start: 4.5, title: 'Two <b>' },
    ];
    expect((await set(film, 'EN', english)).body).toEqual({ languages: [{ language: 'en', chapters: english }] });
    await set(film, 'de', [{ start: 0, title: 'Eins' }]);
    expect((await playing(film)).chapters).toEqual([
      { language: 'de', chapters: [{ startMs: 0, title: 'Eins' }] },
      {
        language: 'en',
        chapters: [
          { startMs: 0, title: 'One' },
          { startMs: 4500, title: 'Two <b>' },
        ],
      },
    ]);
    await set(film, 'en', []);
    expect((await call('DELETE', `/v1/assets/${film.assetId}/chapters/de`)).status).toBe(204);
    expect((await call('GET', `/v1/assets/${film.assetId}/chapters`)).body).toEqual({ languages: [] });
    expect((await playing(film)).chapters).toBeUndefined();
  });

  test('are limited in all languages together, so that the film can be played', async () => {
    const film = await publishedFilm();
    const chapters = Array.from({ length: 1000 }, (_, at) => ({ start: at / 1000, title: 'a' }));
    for (const language of ['cs', 'da', 'de', 'en']) {
      expect((await set(film, language, chapters)).status).toBe(200);
    }
    expect(problemOf(await set(film, 'fr', chapters))).toEqual([400, 'invalid_request']);
    expect((await set(film, 'en', chapters.slice(1))).status).toBe(200);
    expect((await set(film, 'fr', chapters.slice(6))).status).toBe(200);
    expect(problemOf(await call('PUT', '/v1/assets/nobody/chapters/en', { json: { chapters } }))).toEqual([
      404,
      'asset_not_found',
    ]);
  });

  test.each([
    [
      'in the wrong order',
      'en',
      [
        { start: 2, title: 'a' },
        { start: 1, title: 'b' },
      ],
    ],
    [
      'at the same time',
      'en',
      [
        { start: 2, title: 'a' },
        { start: 2.0001, title: 'b' },
      ],
    ],
    ['before the film', 'en', [{ start: -1, title: 'a' }]],
    ['without title', 'en', [{ start: 0, title: ' ' }]],
    ['of no language', 'english', [{ start: 0, title: 'a' }]],
    ['that are too many', 'en', Array.from({ length: 1001 }, (_, start) => ({ start, title: 'a' }))],
  ])('%s are refused', async (_, language, chapters) => {
    expect(problemOf(await set(refusing, language, chapters))).toEqual([400, 'invalid_request']);
  });
});
