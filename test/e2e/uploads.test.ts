/** Uploads by pages of another site, without an API token: through a link, and by the upload's URL. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ffmpeg, words } from '../system/ffmpeg.ts';
import { untilReady } from '../system/with-system.ts';
import { api, connectBrowser } from './browser/shared.ts';
import { CHUNK_BYTES, serveUploadPages, type UploadPages } from './browser/upload-page.ts';

let browser: Browser;
let film: Buffer;
let pages: UploadPages;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-uploads-'));
  const path = join(folder, 'film.mp4');
  await ffmpeg(
    ...words('-f lavfi -i testsrc2=s=320x240:r=12:d=1 -pix_fmt yuv420p -c:v libx264 -preset ultrafast'),
    path,
  );
  film = await readFile(path);
  await rm(folder, { recursive: true });
  browser = await connectBrowser();
  pages = await serveUploadPages(browser, film);
});

afterAll(async () => {
  pages?.close();
  await browser?.close();
});

test('an upload that is begun in one browser is finished in others, and becomes a film', async () => {
  expect(film.length).toBeGreaterThan(3 * CHUNK_BYTES);
  const body = { expiresIn: 600, origins: [pages.origin], asset: { title: 'From afar' } };
  const { id, url: endpoint } = await api.call('POST /uploads/links', { body });

  const begun = await pages.upload({ endpoint }, CHUNK_BYTES);
  expect(begun).toMatchObject({ acceptedBytes: CHUNK_BYTES, asset: null });
  const { url: uploadUrl } = begun;
  // By its URL alone.
  const continued = await pages.upload({ uploadUrl: uploadUrl ?? '' }, 2 * CHUNK_BYTES);
  expect(continued).toEqual({ url: uploadUrl, acceptedBytes: 2 * CHUNK_BYTES, asset: null });
  // By the link again: it made an upload, and makes no second one.
  const ended = await pages.upload({ endpoint });
  expect(ended).toEqual({ url: uploadUrl, acceptedBytes: film.length, asset: expect.stringMatching(/^[0-9a-z]{16}$/) });

  const upload = await api.call('GET /uploads/{id}', { path: { id } });
  expect(upload).toMatchObject({ state: 'finished', asset: ended.asset, receivedBytes: film.length });
  expect(await untilReady(api, ended.asset ?? '')).toMatchObject({ title: 'From afar', durationSeconds: 1 });
});

test('a page of a site that the link does not list is refused, and may read why', async () => {
  const body = { expiresIn: 600, origins: [pages.origin] };
  const { url: endpoint } = await api.call('POST /uploads/links', { body });
  const other = pages.origin.replace('127.0.0.1', 'localhost');
  expect(await pages.upload({ endpoint }, undefined, other)).toMatchObject({ url: null, status: 403 });
  expect(await pages.upload({ endpoint })).toMatchObject({ acceptedBytes: film.length, asset: null });
});
