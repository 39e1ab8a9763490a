/** Track ids that name the codec: nothing but the first letter is read out of an id, and that is the track's kind. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { counterName } from '../../../src/analytics/facts.ts';
import { isolateOf } from '../../../src/delivery/isolate.ts';
import { putAssetRow } from '../control/views/api-fixture.ts';
import { fetchPath, link, newEnv, putAsset, refusalOf, smallPresentation, startSession, textOf } from './fixture.ts';

const ASSET = 'named-codecs';
const PLAYER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36' };
const delivery = { ...newEnv(), VIEWS: env.VIEWS };
const get = (path: string): Promise<Response> => fetchPath(delivery, path, { headers: PLAYER });

beforeAll(async () => {
  const tracks: [string, string, string] = ['v-avc-360', 'v-avc-720', 'a-aac-128-en'];
  await putAsset(newEnv(), ASSET, {}, smallPresentation(ASSET, tracks));
  await putAssetRow(ASSET);
});

describe('a presentation whose track ids name the codec', () => {
  test('plays as HLS', async () => {
    const base = await startSession(delivery, await link(ASSET));
    const main = await textOf(await get(`/v/${await link(ASSET)}/main.m3u8`));
    expect(main).toMatch(/^\/s\/[^/]+\/v-avc-720\.m3u8$/m);
    expect(main).toMatch(/URI="\/s\/[^/]+\/a-aac-128-en\.m3u8"/);
    expect(main).toMatch(/URI="\/s\/[^/]+\/v-avc-360\/iframes\.m3u8"/);
    const media = await textOf(await get(`${base}v-avc-720.m3u8`));
    expect(media).toContain('URI="v-avc-720/init.mp4"');
    expect(media).toContain('\nv-avc-720/2/3.m4s\n');
    const iframes = await textOf(await get(`${base}v-avc-720/iframes.m3u8`));
    expect(iframes).toContain('URI="init.mp4"');
    expect(iframes).toContain('\n2/3.m4s\n');
  });

  test('plays as DASH', async () => {
    const mpd = await textOf(await get(`/v/${await link(ASSET)}/manifest.mpd`));
    expect(mpd.match(/<AdaptationSet [^>]*contentType="\w+"/g)).toHaveLength(2);
    expect(mpd).toContain('media="v-avc-720/1,3.2/$Number$.m4s"');
    expect(mpd).toContain('initialization="a-aac-128-en/init.mp4"');
  });

  test.each([
    ['v-avc-360/init.mp4', 'video/mp4'],
    ['v-avc-360/1/1.m4s', 'video/iso.segment'],
    ['v-avc-360/1,3.2/3.m4s', 'video/iso.segment'],
    ['a-aac-128-en/init.mp4', 'audio/mp4'],
    ['a-aac-128-en/1/1.m4s', 'audio/mp4'],
  ])('%s is sent as %s', async (path, type) => {
    const response = await get((await startSession(delivery, await link(ASSET))) + path);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
    await response.arrayBuffer();
  });

  test('is limited by the heights of its tracks', async () => {
    const base = await startSession(delivery, await link(ASSET, { maxHeight: 360 }));
    expect(await refusalOf(await get(`${base}v-avc-720/1/1.m4s`))).toBe('403 session_track');
    const allowed = await get(`${base}v-avc-360/1/1.m4s`);
    expect(allowed.status).toBe(200);
    await allowed.arrayBuffer();
  });

  test('is counted: its video alone, by rendition', async () => {
    const counter = env.VIEWS.get(env.VIEWS.idFromName(counterName(ASSET, 0)));
    const settled = () =>
      vi.waitFor(() => expect(isolateOf(delivery).views?.collector.waiting).toBe(0), { timeout: 15_000, interval: 50 });
    await settled();
    const before = await counter.live();
    const base = await startSession(delivery, await link(ASSET));
    for (const path of ['v-avc-360/1/1.m4s', 'v-avc-720/1/2.m4s', 'a-aac-128-en/1/1.m4s']) {
      const response = await get(base + path);
      await response.arrayBuffer();
    }
    await settled();
    expect(await counter.live()).toMatchObject({ views: before.views + 1, watchMs: before.watchMs + 8008 });
    const days = await counter.series({ fromMs: 0, toMs: 1e14, resolution: 'day', by: 'rendition' });
    expect(Object.keys(days[0]?.by ?? {}).sort()).toEqual(['v-avc-360', 'v-avc-720']);
  });
});
