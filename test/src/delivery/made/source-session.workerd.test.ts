/** Sessions on a version that plays from its source, through every arrangement of tiers, with the real bucket. */
import { env, exports } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { decideImages, decidePlayback } from '../../../../src/delivery/decide-playback.ts';
import type { DeliveryEnv } from '../../../../src/delivery/delivery-env.ts';
import { isolateOf } from '../../../../src/delivery/isolate.ts';
import { prewarm } from '../../../../src/delivery/prewarm.ts';
import { mediaUrl } from '../../../../src/delivery/tiers/media-origin-protocol.ts';
import { initKey, presentationKey } from '../../../../src/media/keys.ts';
import type { Presentation, VideoTrack } from '../../../../src/media/presentation.ts';
import { tierCounters } from '../../../../src/metrics/tier-counters.ts';
import { audioTrack, presentationOf, videoTrack } from '../../media/manifest/fixture.ts';
import { fetchPath, link, newEnv, putAsset, putCurrent, refusalOf, startSession } from '../fixture.ts';
import { type Film, putFilm } from './film.ts';

const { MediaOrigin } = exports as unknown as { MediaOrigin: Fetcher };

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());
const pathOf = (film: Film, track: 'video' | 'audio', number: number) =>
  film.keyOf(track, number).split('/').slice(3).join('/');

function presentationOfFilm({ assetId, slots, stride }: Film, changed: Partial<VideoTrack>): Presentation {
  const chunksOf = (track: 'video' | 'audio') => [
    {
      attempt: String(stride),
      firstNumber: 1,
      segments: slots.map((slot): [number, number] => [120_000, slot[track]?.sizeBytes ?? 1]),
      ...(track === 'video' ? { keyframeBytes: slots.map(() => 100) } : {}),
    },
  ];
  const video = { ...videoTrack('sv0', 1920, 1080, 1, { chunks: chunksOf('video') }), ...changed };
  return presentationOf([video, audioTrack('sa0', 'en', { chunks: chunksOf('audio') })], assetId);
}

/** As a look publishes it. */
async function publish(delivery: DeliveryEnv, assetId: string, changed: Partial<VideoTrack> = {}): Promise<Film> {
  const film = await putFilm(assetId);
  const presentation = presentationOfFilm(film, changed);
  for (const { id } of presentation.tracks) {
    await env.MEDIA.put(initKey(presentation, id), `init of ${id}`);
  }
  await env.MEDIA.put(presentationKey(presentation, 1), JSON.stringify(presentation));
  await putCurrent(delivery, assetId);
  return film;
}

const tiers = { SHIELDS: (env as unknown as DeliveryEnv).SHIELDS };
const newDelivery = (changed: Record<string, string>): DeliveryEnv => ({ ...newEnv(changed), ...tiers }) as DeliveryEnv;

async function readsDuring(run: () => Promise<unknown>): Promise<number> {
  const before = tierCounters.r2MediaReads;
  await run();
  return tierCounters.r2MediaReads - before;
}

describe.each([
  ['the memory alone', { EDGE_CACHE: 'off' }],
  ['the Cache API', { EDGE_CACHE: 'on' }],
  ['Workers Cache', { EDGE_CACHE: 'workers' }],
  ['both caches', { EDGE_CACHE: 'both' }],
  ['a shield', { EDGE_CACHE: 'off', SHIELD: 'on' }],
])('with %s', (name, settings) => {
  const assetId = `film-${name.replaceAll(' ', '-').toLowerCase()}`;

  test('a player gets picture and sound, by a slot and a range', async () => {
    const delivery = newDelivery({ EDGE_STATE_SECONDS: '10', ...settings });
    const film = await publish(delivery, assetId);
    const base = await startSession(delivery, await link(assetId));
    const get = (path: string, init: RequestInit = {}) => fetchPath(delivery, base + path, init);
    for (const number of [1, 2]) {
      const answers = await readsDuring(async () => {
        const both = (['video', 'audio'] as const).map(async (track) => {
          const response = await get(pathOf(film, track, number));
          expect(response.status).toBe(200);
          expect(response.headers.get('server-timing')).toMatch(/desc=(r2|shield)/);
          expect(response.headers.get('content-length')).toBe(String(film.segmentOf(track, number).byteLength));
          expect(await bytesOf(response)).toEqual(film.segmentOf(track, number));
        });
        await Promise.all(both);
      });
      expect(answers).toBe(2);
    }
    // From here on they are objects like any other.
    const path = pathOf(film, 'video', 1);
    const again = await readsDuring(async () => {
      const range = await get(path, { headers: { range: 'bytes=300-399' } });
      expect([range.status, range.headers.get('content-range')]).toEqual([
        206,
        `bytes 300-399/${film.segmentOf('video', 1).byteLength}`,
      ]);
      expect(await bytesOf(range)).toEqual(film.segmentOf('video', 1).subarray(300, 400));
      const etag = range.headers.get('etag') ?? '';
      expect((await get(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
      expect((await get(path, { headers: { 'if-match': '"other"' } })).status).toBe(412);
      const outside = await get(path, { headers: { range: 'bytes=9999999-' } });
      expect([outside.status, outside.headers.get('content-range')]).toEqual([
        416,
        `bytes */${film.segmentOf('video', 1).byteLength}`,
      ]);
      const head = await get(path, { method: 'HEAD' });
      expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
    });
    expect(again).toBe(0);
    expect(await refusalOf(await get(`sv0/${film.stride}/9.m4s`))).toBe('404 not_found');
    expect(await refusalOf(await get(`sv0/${film.stride - 1}/1.m4s`))).toBe('404 not_found');
    expect(await bytesOf(await get('sv0/init.mp4'))).toHaveLength(11);
  });

  test('prewarming pulls what players fetch first', async () => {
    const delivery = newDelivery({ EDGE_STATE_SECONDS: '10', ...settings });
    const film = await publish(delivery, `warm-${assetId}`);
    const ref = { assetId: film.assetId, version: 'ver1', revision: 1 };
    const reads = await readsDuring(async () => {
      expect(await prewarm(isolateOf(delivery), ref)).toEqual({ read: 9, missing: 0, failed: 0, skipped: 0 });
    });
    // The presentation, two init segments, three slots and three ranges.
    expect(reads).toBe(9);
    const base = await startSession(delivery, await link(film.assetId));
    const played = await readsDuring(async () => bytesOf(await fetchPath(delivery, base + pathOf(film, 'video', 3))));
    expect(played).toBe(0);
  });
});

test('picture and sound of a number have one shield', async () => {
  const { SHIELDS } = tiers;
  const names: string[] = [];
  const idFromName = (name: string) => {
    names.push(name);
    return SHIELDS?.idFromName(name);
  };
  const delivery = newDelivery({ EDGE_CACHE: 'off', SHIELD: 'on' });
  Object.assign(delivery, { SHIELDS: { idFromName, get: (id: DurableObjectId) => SHIELDS?.get(id) } });
  const film = await publish(delivery, 'shielded');
  const base = await startSession(delivery, await link('shielded'));
  names.length = 0;
  for (const path of [pathOf(film, 'video', 1), pathOf(film, 'audio', 1), pathOf(film, 'video', 2), 'sv0/init.mp4']) {
    await bytesOf(await fetchPath(delivery, base + path));
  }
  const [first, second, third, stored] = names;
  expect([first === second, first === third]).toEqual([true, false]);
  expect(stored).toBe('assets/shielded/ver1/sv0/init.mp4');
});

describe('the media origin', () => {
  test('shares what is made among its requests', async () => {
    const film = await publish(newEnv(), 'inner');
    const reads = await readsDuring(async () => {
      for (const track of ['audio', 'video'] as const) {
        const response = await MediaOrigin.fetch(mediaUrl(film.keyOf(track, 1)));
        expect(await bytesOf(response)).toEqual(film.segmentOf(track, 1));
      }
    });
    expect(reads).toBe(2);
  });
});

describe('a leader whose client goes', () => {
  test.each([0, 1, 5])('leaves nobody waiting (after %d ms)', async (afterMs) => {
    const film = await publish(newEnv(), `left${afterMs}`);
    const leaving = new AbortController();
    const first = MediaOrigin.fetch(mediaUrl(film.keyOf('video', 1)), { signal: leaving.signal });
    const others = (['audio', 'video', 'audio'] as const).map(async (track) => ({
      bytes: await bytesOf(await MediaOrigin.fetch(mediaUrl(film.keyOf(track, 1)))),
      wanted: film.segmentOf(track, 1),
    }));
    setTimeout(() => leaving.abort(), afterMs);
    await first.then((response) => response.arrayBuffer()).catch(() => {});
    for (const { bytes, wanted } of await Promise.all(others)) {
      expect(bytes).toEqual(wanted);
    }
  });
});

describe('a link with maxHeight', () => {
  test('plays a source that is not higher: the session has no limit that its ids could be measured by', async () => {
    const delivery = newEnv();
    const film = await publish(delivery, 'source');
    const base = await startSession(delivery, await link('source', { maxHeight: 1080 }));
    for (const track of ['video', 'audio'] as const) {
      expect((await fetchPath(delivery, base + pathOf(film, track, 1))).status).toBe(200);
    }
  });

  test('is refused where the source is higher', async () => {
    const delivery = newEnv();
    await publish(delivery, 'source');
    const response = await fetchPath(delivery, `/v/${await link('source', { maxHeight: 720 })}/main.m3u8`);
    expect(await refusalOf(response)).toBe('403 link_no_rendition');
  });

  test('opens no source beside the ladder: its segments are there, and refused', async () => {
    const delivery = newEnv();
    const film = await publish(delivery, 'ladder');
    await putAsset(delivery, 'ladder');
    const base = await startSession(delivery, await link('ladder', { maxHeight: 360 }));
    expect(await refusalOf(await fetchPath(delivery, base + pathOf(film, 'video', 1)))).toBe('403 session_track');
    expect(await refusalOf(await fetchPath(delivery, `${base}sv0/init.mp4`))).toBe('403 session_track');
    expect((await fetchPath(delivery, `${base}v360/1/1.m4s`)).status).toBe(200);
  });
});

describe('a picture that players have to turn', () => {
  const CHROME =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  const SAFARI =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15';
  const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const IOS_CHROME =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.0.0 Mobile/15E148 Safari/604.1';

  test.each([
    ['Chrome', CHROME, '200'],
    ['Chromium', CHROME.replace('Chrome/', 'Chromium/'), '200'],
    ['Chrome without a window', CHROME.replace('Chrome/', 'HeadlessChrome/'), '200'],
    ['Edge', `${CHROME} Edg/140.0.0.0`, '200'],
    ['Safari', SAFARI, '403 source_not_turned'],
    ['Chrome on iOS, which is Safari’s engine', IOS_CHROME, '403 source_not_turned'],
    ['Firefox', FIREFOX, '403 source_not_turned'],
    ['no player at all', '', '403 source_not_turned'],
  ])('is given to engines that were seen to do it: %s', async (_, userAgent, outcome) => {
    const delivery = newEnv();
    await publish(delivery, 'turned', { rotation: 90, width: 1080, height: 1920 });
    const headers: Record<string, string> = userAgent === '' ? {} : { 'user-agent': userAgent };
    for (const file of ['main.m3u8', 'manifest.mpd']) {
      const response = await fetchPath(delivery, `/v/${await link('turned')}/${file}`, { headers });
      expect(response.ok ? String(response.status) : await refusalOf(response)).toBe(outcome);
    }
  });

  test('is explained as it is decided, and does not concern images', async () => {
    const delivery = newEnv();
    await publish(delivery, 'turned', { rotation: 90, width: 1080, height: 1920 });
    const facts = { country: null, ip: null, origin: null, userAgent: SAFARI };
    const question = { link: await link('turned'), facts, nowMs: Date.now() };
    const { checks, refusal } = await decidePlayback(isolateOf(delivery), question);
    expect(checks.at(-1)).toEqual({ rule: 'rotation', passed: false, why: 'source_not_turned' });
    expect(refusal?.code).toBe('source_not_turned');
    const poster = { ...question, link: await link('turned', { audience: 'image' }) };
    expect((await decideImages(isolateOf(delivery), poster)).refusal).toBeNull();
  });

  test('needs no turning in any other film', async () => {
    const delivery = newEnv();
    await publish(delivery, 'upright');
    const response = await fetchPath(delivery, `/v/${await link('upright')}/main.m3u8`, {
      headers: { 'user-agent': SAFARI },
    });
    expect(response.status).toBe(200);
  });
});
