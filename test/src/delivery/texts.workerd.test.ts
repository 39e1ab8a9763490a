/** Texts and chapters below a session and a link: real routes, the real bucket. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryEnv } from '../../../src/delivery/delivery-env.ts';
import { presentationKey, textKey } from '../../../src/media/keys.ts';
import { packText } from '../../../src/media/text/pack.ts';
import { textTrack } from '../media/manifest/fixture.ts';
import {
  fetchPath,
  link,
  newEnv,
  putAsset,
  putCurrent,
  refusalOf,
  smallPresentation,
  startSession,
  textOf,
} from './fixture.ts';

const CUES = [{ startMs: 1000, endMs: 2500, settings: '', text: 'Hello' }];
const { bytes, ...pack } = packText(CUES, 9509);
const whole = new TextDecoder().decode(bytes.subarray(0, pack.wholeBytes));
const segment = new TextDecoder().decode(bytes.subarray(pack.wholeBytes));

let delivery: DeliveryEnv;
let base: string;

beforeAll(async () => {
  delivery = newEnv();
  const film = smallPresentation('film');
  const texts = [textTrack('t-en', 'en', { ...pack, attempt: '7' })];
  const chapters = [{ language: 'en', chapters: [{ startMs: 0, title: 'One' }] }];
  await putAsset(delivery, 'film', {}, { ...film, texts, chapters });
  await delivery.MEDIA.put(textKey(film, 't-en', '7'), bytes);
  base = await startSession(delivery, await link('film'));
});

const get = (path: string, from = base) => fetchPath(delivery, from + path);

describe('a text', () => {
  test('is what its playlist names, for good', async () => {
    const playlist = await textOf(await get('t-en.m3u8'));
    const uri = playlist.split('\n').find((line) => line.endsWith('.vtt')) ?? '';
    const response = await get(uri);
    expect(response.headers.get('content-type')).toBe('text/vtt');
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(await response.text()).toBe(segment);
    expect(segment).toContain('Hello');
  });

  test('is one file in DASH', async () => {
    const mpd = await textOf(await fetchPath(delivery, `/v/${await link('film')}/manifest.mpd`));
    const path = /<BaseURL>(\/s\/[^<]*\/t-en\/.*?)<\/BaseURL>/.exec(mpd)?.[1] ?? '';
    expect(await (await fetchPath(delivery, path)).text()).toBe(whole);
    expect(whole).toContain('Hello');
  });

  test.each([
    ['ends after the pack', () => `t-en/7/1-${bytes.byteLength}.vtt`],
    ['begins after the pack', () => `t-en/7/${bytes.byteLength}-1.vtt`],
    ['is of another attempt', () => `t-en/1/0-${pack.wholeBytes}.vtt`],
    ['is of another track', () => `t-de/7/0-${pack.wholeBytes}.vtt`],
    ['is in no playlist', () => 't-de.m3u8'],
    ['has no pictures to seek by', () => 't-en/iframes.m3u8'],
    ['has no chapters', () => 'chapters/fr.vtt'],
  ])('that %s is not found', async (_, path) => {
    expect(await refusalOf(await get(path()))).toBe('404 not_found');
  });

  test('is not limited with the picture', async () => {
    const limited = await startSession(delivery, await link('film', { maxHeight: 360 }));
    expect((await get(`t-en/7/0-${pack.wholeBytes}.vtt`, limited)).status).toBe(200);
    expect((await get('v360/1/1.m4s', limited)).status).toBe(200);
    expect(await refusalOf(await get('v720/1/1.m4s', limited))).toBe('403 session_track');
  });
});

test('a session plays on with the texts and chapters that it began with', async () => {
  const film = smallPresentation('film');
  await delivery.MEDIA.put(presentationKey(film, 2), JSON.stringify({ ...film, revision: 2 }));
  await putCurrent(delivery, 'film', { revision: 2 });
  const later = await startSession(delivery, await link('film'));
  expect(await refusalOf(await get('t-en.m3u8', later))).toBe('404 not_found');
  expect(await textOf(await get('chapters.json', later))).toBe('[]');
  expect((await get('t-en.m3u8')).status).toBe(200);
  expect(await textOf(await get('chapters/en.vtt'))).toContain('One');
});

test('chapters of a link are those of its current revision, for whoever may play', async () => {
  expect(await (await fetchPath(delivery, `/v/${await link('film')}/chapters.json`)).json()).toEqual([]);
  expect(await refusalOf(await fetchPath(delivery, '/v/film/chapters.json'))).toBe('403 link_required');
});
