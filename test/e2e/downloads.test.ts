/** Downloads as programs read them: every frame and the sound of the playback, from 0; resumed, and sought in by a browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../system/ffmpeg.ts';
import { api, connectBrowser, shared } from './browser/shared.ts';
import type { SharedFilm } from './browser/shared-system.ts';

const DEADLINE_MS = 120_000;

type DownloadLink = { hls: string; file: (name: string) => string };

let browser: Browser;
let clip: DownloadLink;
let tracked: DownloadLink;

beforeAll(async () => {
  [browser, clip, tracked] = await Promise.all([
    connectBrowser(),
    downloadLink(shared.clip),
    downloadLink(shared.tracked),
  ]);
});

afterAll(() => browser?.close());

async function downloadLink({ id }: SharedFilm): Promise<DownloadLink> {
  const body = { expiresIn: 3600, downloads: true };
  const link = await api.call('POST /assets/{id}/links', { path: { id }, body });
  if (!('hls' in link)) {
    throw new Error('the API answered with an image link');
  }
  return { hls: link.hls, file: (name) => new URL(`download/${name}`, link.hls).href };
}

async function bytes(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(DEADLINE_MS) });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

/** The playlists of a new session, by the id of their track. */
async function playlistsOf(hls: string): Promise<Map<string, string>> {
  const text = (await bytes(hls)).body.toString();
  return new Map(
    [...text.matchAll(/\/s\/[^/]+\/([a-z0-9_-]+)\.m3u8/g)].map(([path, track = '']) => [
      track,
      new URL(path, hls).href,
    ]),
  );
}

type Frames = { firstSeconds: number; hashes: string[] };

async function framesOf(url: string, stream: string): Promise<Frames> {
  const output = ['-map', stream, '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];
  const text = (await run('ffmpeg', ['-v', 'error', '-xerror', '-nostdin', '-i', url, ...output])).toString();
  const [, numerator = '0', denominator = '1'] = /^#tb 0: (\d+)\/(\d+)/m.exec(text) ?? [];
  const rows = text
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').map((cell) => cell.trim()));
  const firstSeconds = (Number(rows[0]?.[2]) * Number(numerator)) / Number(denominator);
  return { firstSeconds, hashes: rows.map((row) => row.at(-1) ?? '') };
}

test('a download has every frame of the playback and its sound, from 0', async () => {
  const playlists = await playlistsOf(clip.hls);
  const sound = [...playlists.keys()].find((track) => track.startsWith('a')) ?? '';
  const url = clip.file('360.mp4');
  const [video, audio] = [await framesOf(url, '0:v'), await framesOf(url, '0:a')];
  expect([video.firstSeconds, audio.firstSeconds]).toEqual([0, 0]);
  expect(video.hashes).toHaveLength(60 * 12);
  expect(video.hashes).toEqual((await framesOf(playlists.get('v360') ?? '', '0:v')).hashes);
  const played = await framesOf(playlists.get(sound) ?? '', '0:a');
  expect(audio.hashes).toEqual(played.hashes);
  expect((await framesOf(clip.file('audio.m4a'), '0:a')).hashes).toEqual(played.hashes);
});

test('may have any sound of the film', async () => {
  const playlists = await playlistsOf(tracked.hls);
  const sounds = [...playlists.keys()].filter((track) => track.startsWith('a'));
  expect(sounds.length).toBeGreaterThan(2);
  for (const sound of sounds) {
    const played = await framesOf(playlists.get(sound) ?? '', '0:a');
    expect(await framesOf(tracked.file(`240.mp4?sound=${sound}`), '0:a')).toEqual({ ...played, firstSeconds: 0 });
  }
});

test('a download that is resumed is the whole one', async () => {
  const url = clip.file('360.mp4');
  const whole = await bytes(url);
  expect([whole.status, whole.headers.get('content-length')]).toEqual([200, String(whole.body.length)]);
  const at = Math.floor(whole.body.length / 3);
  const first = await bytes(url, { range: `bytes=0-${at - 1}` });
  const etag = first.headers.get('etag') ?? '';
  const rest = await bytes(url, { range: `bytes=${at}-`, 'if-range': etag });
  expect([first.status, rest.status]).toEqual([206, 206]);
  expect(Buffer.concat([first.body, rest.body]).equals(whole.body)).toBe(true);
});

test('a browser plays a download and seeks in it', async () => {
  const page = await browser.newPage();
  try {
    await page.goto(shared.playerPageUrl);
    const seen = await page.evaluate(`(async () => {
      const video = document.createElement('video');
      video.muted = true;
      const event = (name) =>
        new Promise((resolve, reject) => {
          video.addEventListener(name, resolve, { once: true });
          video.addEventListener('error', () => reject(new Error(video.error.message)), { once: true });
        });
      const loaded = event('loadeddata');
      video.src = ${JSON.stringify(clip.file('360.mp4'))};
      await loaded;
      const times = [];
      for (const seconds of [45, 10, 59.9]) {
        const sought = event('seeked');
        video.currentTime = seconds;
        await sought;
        times.push(video.currentTime);
      }
      return { times, duration: video.duration, width: video.videoWidth, height: video.videoHeight };
    })()`);
    expect(seen).toEqual({ times: [45, 10, 59.9], duration: expect.closeTo(60, 1), width: 640, height: 360 });
  } finally {
    await page.close();
  }
});
