/**
 * Films that play from the uploaded file, on a real system that has no encoder at first, so that nothing else can play:
 * every sample arrives, players play and land where they are sent, and the ladder takes over for new sessions alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNumber } from '../../bench/frames/numbered-picture.ts';
import { signLink } from '../../scripts/sign-link.ts';
import { expectWholeSource } from '../system/expect-source.ts';
import { type HeldSystem, holdSystem } from '../system/held-system.ts';
import { fetchAs, presentationOf, readTrack, type SourceFilm, uploadSource } from '../system/source-truth.ts';
import { makeStandardFilm, rateOf, STANDARD_KINDS } from '../system/standard-films.ts';
import { untilReady } from '../system/with-system.ts';
import { KEPT_PLAYERS } from './browser/player-driver.ts';
import { openPlayerPage, type PlayerPage } from './browser/player-page.ts';
import { connectBrowser, shared } from './browser/shared.ts';

const STEP_MS = 20_000;
/** B-frames, and a rate that no tick of milliseconds divides. */
const PLAYED = '24000/1001 with B-frames, index in front';
const { frames: FRAMES } = STANDARD_KINDS[PLAYED];
const RATE = rateOf(PLAYED);
/** Of a GOP of 48: a key frame, one before, one in the middle, and the last of all. */
const LANDINGS = [96, 95, 20, FRAMES - 1] as const;

let browser: Browser;
let folder: string;
let held: HeldSystem;
let film: SourceFilm;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-source-'));
  // What is published is seen at once.
  const vars = { EDGE_STATE_SECONDS: '0', SOURCE_LOOPBACK: 'on' };
  [browser, held, path] = await Promise.all([
    connectBrowser(),
    holdSystem({ encoders: 0, vars }),
    makeStandardFilm(folder, PLAYED),
  ]);
  film = await uploadSource(held.system, path);
});

afterAll(async () => {
  await browser?.close();
  await held?.release();
  await rm(folder, { recursive: true, force: true });
});

test.each([PLAYED, 'MOV', '44.1 kHz mono'] as const)('%s: every sample once, in order, at its time', async (name) => {
  await expectWholeSource(held.system, name === PLAYED ? path : await makeStandardFilm(folder, name));
});

describe.concurrent.each(KEPT_PLAYERS)('%s', (name) => {
  test('starts, seeks to the right frame and ends', async () => {
    const page = await openPlayerPage(browser, shared.playerPageUrl);
    try {
      const { hls, dash } = film.links;
      await page.load(name, name.endsWith('dash') || name === 'dash.js' ? dash : hls);
      await page.until('plays', ({ position, audioBytes }) => position > 1 && audioBytes > 0, STEP_MS);
      for (const frame of LANDINGS) {
        expect(await landing(page, frame)).toBe(frame);
      }
      await page.seek(0);
      const end = await page.until('ended', ({ ended }) => ended, STEP_MS);
      expect(Math.abs(end.duration - FRAMES / RATE)).toBeLessThan(0.1);
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
    }
  });
});

/** Seeks to the middle of a frame's time. Returns the number that the picture shows. */
async function landing(page: PlayerPage, frame: number): Promise<number | null> {
  const seconds = (frame + 0.5) / RATE;
  await page.pauseAt(seconds);
  await page.until(
    `at frame ${frame}`,
    ({ seeking, position }) => !seeking && Math.abs(position - seconds) < 0.5 / RATE,
    STEP_MS,
  );
  return readNumber(Uint8Array.from(await page.picture()));
}

test('a made segment is cached like a stored one', async () => {
  const [segment] = await segmentsOf(film);
  await (await fetchAs(segment)).arrayBuffer();
  const again = await fetchAs(segment);
  expect(again.headers.get('server-timing')).toContain('tier;desc=memory');
  expect(again.headers.get('cache-control')).toContain('immutable');
  const etag = again.headers.get('etag') ?? '';
  expect((await fetch(segment, { headers: { 'if-none-match': etag } })).status).toBe(304);
});

const segmentsOf = ({ links, playlist }: SourceFilm): Promise<[string, ...string[]]> =>
  urisOf(new URL(/\/s\/\S+\/sv0\.m3u8/.exec(playlist)?.[0] ?? '', links.hls).href);

/** Of a media playlist. */
async function urisOf(listUrl: string): Promise<[string, ...string[]]> {
  const list = await (await fetchAs(listUrl)).text();
  const [first = '', ...rest] = [...list.matchAll(/^[^#\s]\S*$/gm)].map(([uri]) => new URL(uri, listUrl).href);
  return [first, ...rest];
}

test('a film that is never encoded has subtitles that are added, and views', async () => {
  const { api, url, apiToken } = held.system;
  const [first] = (await api.call('GET /assets/{id}/versions', { path: { id: film.id } })).versions;
  const source = { object: first?.sourceKey ?? '' };
  const { id } = await api.call('POST /assets', { body: { source, encode: 'never' } });
  expect(await api.call('GET /assets/{id}', { path: { id } })).toMatchObject({ status: 'ready', ready: 'source' });
  const added = await fetch(`${url}/v1/assets/${id}/tracks?kind=subtitles&language=de`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'text/plain' },
    body: '1\n00:00:00,500 --> 00:00:01,500\nGuten Tag\n',
  });
  expect(added.status).toBe(201);

  const links = await signLink(api, id, 600);
  const playlist = await (await fetchAs(links.hls)).text();
  const [, texts = ''] = /TYPE=SUBTITLES.*URI="([^"]+)"/.exec(playlist) ?? [];
  const [slice] = await urisOf(new URL(texts, links.hls).href);
  expect(await (await fetchAs(slice)).text()).toContain('Guten Tag');

  for (const segment of await segmentsOf({ id, links, playlist })) {
    await (await fetchAs(segment)).arrayBuffer();
  }
  await expect
    .poll(() => api.call('GET /assets/{id}/views', { path: { id } }), { timeout: STEP_MS })
    .toMatchObject({ views: 1 });
});

test('the ladder takes new sessions, and running ones play on', async () => {
  const { system } = held;
  const mine = await uploadSource(system, path);
  const presentation = await presentationOf(system, mine.id);
  expect(presentation.revision).toBe(1);
  const before = await readTrack(mine, presentation, 'sv0');

  system.addEncoder();
  await untilReady(system.api, mine.id);
  const later = await presentationOf(system, mine.id);
  expect(later.version).toBe(presentation.version);
  expect(later.revision).toBeGreaterThan(1);
  expect(later.tracks.filter(({ id }) => id === 'sv0' || id === 'sa0')).toEqual([]);
  const playlist = await (await fetchAs(mine.links.hls)).text();
  expect(playlist).toMatch(/\/v240\.m3u8/);
  expect(playlist).not.toContain('/sv0.m3u8');
  expect(await readTrack(mine, presentation, 'sv0')).toEqual(before);
});
