/** Another film at the same link, and back: what plays meanwhile, and after, on a running system. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { uploadFile } from '../../client/upload.ts';
import { ingestFile } from '../../scripts/ingest.ts';
import { signLink } from '../../scripts/sign-link.ts';
import { ffmpeg, words } from '../system/ffmpeg.ts';
import { untilReady, withSystem } from '../system/with-system.ts';

const LINK_SECONDS = 3_600;
/** Of four seconds, on a machine that does much else. */
const ENCODE_MS = 120_000;

test('the old film plays until the new one is ready, and can be made current again', async ({ onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-replaced-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const film = async (seconds: number): Promise<string> => {
    const path = join(folder, `${seconds}.mp4`);
    const picture = ['-f', 'lavfi', '-i', `testsrc2=s=320x240:r=12:d=${seconds}`];
    await ffmpeg(...picture, ...words('-pix_fmt yuv420p -c:v libx264 -preset ultrafast'), path);
    return path;
  };

  // What is published is seen at once: how long a data centre may take to hear of it is not the question here.
  await withSystem({ encoders: 0, vars: { EDGE_STATE_SECONDS: '0' } }, async (system) => {
    const { api } = system;
    const encoder = system.addEncoder();
    const { id } = await ingestFile({ path: await film(2), api, title: 'Film' });
    const old = await untilReady(api, id);
    await encoder.close();
    const { hls } = await signLink(api, id, LINK_SECONDS);
    const earlySession = await openSession(hls);
    expect(await secondsOf(earlySession)).toBe(2);

    const file = createReadStream(await film(4));
    const { upload } = await uploadFile({ ...api.access, file, fileName: 'film.mp4' });
    await api.call('POST /assets/{id}/source', { path: { id }, body: { upload } });
    expect(await versionsOf()).toMatchObject([{ status: 'encoding' }, { status: 'current', version: old.version }]);
    expect(await secondsOf(await openSession(hls))).toBe(2);

    system.addEncoder();
    await expect.poll(async () => (await versionsOf())[0]?.status, { timeout: ENCODE_MS }).toBe('current');
    const fresh = await api.call('GET /assets/{id}', { path: { id } });
    expect(fresh).toMatchObject({ title: 'Film', durationSeconds: 4 });
    expect(fresh.version).not.toBe(old.version);
    expect(await secondsOf(await openSession(hls))).toBe(4);
    expect(await secondsOf(earlySession)).toBe(2);
    expect(await versionsOf()).toMatchObject([
      { status: 'current', version: fresh.version, durationSeconds: 4, sourceKey: `sources/${upload}/film.mp4` },
      { status: 'ready', version: old.version, durationSeconds: 2 },
    ]);

    const path = { id, version: old.version ?? '' };
    const again = await api.call('POST /assets/{id}/versions/{version}/current', { path });
    expect(again).toMatchObject({ version: old.version, status: 'ready', ready: 'full', durationSeconds: 2 });
    expect(await secondsOf(await openSession(hls))).toBe(2);
    expect(await versionsOf()).toMatchObject([{ status: 'ready' }, { status: 'current', version: old.version }]);

    async function versionsOf() {
      return (await api.call('GET /assets/{id}/versions', { path: { id } })).versions;
    }
  });
});

/** The media playlist of a new viewer. */
async function openSession(hls: string): Promise<string> {
  const [playlist = ''] = /^\/s\/\S+\.m3u8$/m.exec(await fetchText(hls)) ?? [];
  return new URL(playlist, hls).href;
}

async function secondsOf(playlist: string): Promise<number> {
  const segments = [...(await fetchText(playlist)).matchAll(/^#EXTINF:([\d.]+)/gm)];
  return segments.reduce((sum, [, seconds]) => sum + Number(seconds), 0);
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return await response.text();
}
