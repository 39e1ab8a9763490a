/** Prewarming on sources that fail, hang and lie about sizes; and on the tiers as delivery wires them, then met by a player. */

import { exports } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isolateOf } from '../../../src/delivery/isolate.ts';
import { Manifests } from '../../../src/delivery/manifests/manifests.ts';
import { IMMUTABLE } from '../../../src/delivery/objects/cache-policy.ts';
import {
  PREWARM_BYTES_MAX,
  PREWARM_MS,
  PREWARM_PARALLEL,
  prewarm,
  prewarmTargets,
} from '../../../src/delivery/prewarm.ts';
import { MEMORY_BYTES_MAX } from '../../../src/delivery/tiers/limits.ts';
import { CLASS_HEADER, mediaUrl } from '../../../src/delivery/tiers/media-origin-protocol.ts';
import { EDGE_SECONDS, Popularity } from '../../../src/delivery/tiers/popularity.ts';
import { AppError } from '../../../src/errors.ts';
import { initKey, presentationKey, segmentKey, textKey } from '../../../src/media/keys.ts';
import type { Presentation } from '../../../src/media/presentation.ts';
import { newTierCounters, tierCounters } from '../../../src/metrics/tier-counters.ts';
import { audioTrack, presentationOf, textTrack, videoTrack } from '../media/manifest/fixture.ts';
import { fetchPath, link, newEnv, putAsset, smallPresentation, startSession } from './fixture.ts';
import { FakeObjects, ManualClock, settle } from './tiers/fakes.ts';

const REF = { assetId: 'film', version: 'ver1', revision: 1 };
/** The presentation; three init segments; three segments of two renditions, one of sound. */
const OBJECTS = 11;

let source: FakeObjects;
let clock: ManualClock;
let counters: ReturnType<typeof newTierCounters>;
let popularity: Popularity;
let logged: string[];

beforeEach(() => {
  source = new FakeObjects();
  clock = new ManualClock();
  counters = newTierCounters();
  popularity = new Popularity(clock.now);
  logged = [];
  vi.spyOn(console, 'warn').mockImplementation((line) => void logged.push(String(line)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const putText = (key: string, text: string) => source.objects.set(key, Uint8Array.from(new TextEncoder().encode(text)));

function publish(presentation: Presentation): void {
  putText(presentationKey(presentation, 1), JSON.stringify(presentation));
  for (const { key } of prewarmTargets(presentation)) {
    source.put(key, 100);
  }
}

const partsOf = (manifests: Manifests) => ({
  objects: source,
  manifests,
  popularity,
});

const run = () =>
  prewarm(partsOf(new Manifests(source)), REF, {
    counters,
    startTimer: clock.startTimer,
  });

test('what prewarming may take: half of memory, four connections of six, less than the 30 s of waitUntil', () => {
  expect(PREWARM_BYTES_MAX).toBeLessThanOrEqual(MEMORY_BYTES_MAX / 2);
  expect(PREWARM_PARALLEL).toBeLessThanOrEqual(4);
  expect(PREWARM_MS).toBeLessThan(30_000);
});

describe('what is pulled', () => {
  test('the presentation, then what players need first of every track, small tracks before large ones', async () => {
    const presentation = presentationOf(
      [videoTrack('v1080', 1920, 1080, 2_000_000), videoTrack('v360', 640, 360, 300_000), audioTrack('a128', 'en')],
      'film',
    );
    publish(presentation);
    await run();
    const tracks = ['a128', 'v360', 'v1080'];
    expect(source.gets.map(({ key }) => key)).toEqual([
      presentationKey(REF, 1),
      ...tracks.map((track) => initKey(REF, track)),
      ...[1, 2].flatMap((number) => tracks.map((track) => segmentKey(REF, track, '1', number))),
      // The third segment of the fixture's video was written by another attempt.
      segmentKey(REF, 'a128', '1', 3),
      segmentKey(REF, 'v360', '2', 3),
      segmentKey(REF, 'v1080', '2', 3),
    ]);
  });

  test('and the packs of the texts that players show by themselves', () => {
    const texts = [textTrack('t-en', 'en', { isDefault: true }), textTrack('t-de', 'de')];
    const targets = prewarmTargets({ ...smallPresentation('film'), texts });
    expect(targets.slice(OBJECTS - 1)).toEqual([{ key: textKey(REF, 't-en', '1'), bytes: 540 }]);
  });

  test('of a long film no more than of a short one', async () => {
    const chunks = Array.from({ length: 500 }, (_, index) => ({
      attempt: '1',
      firstNumber: index * 10 + 1,
      segments: Array.from({ length: 10 }, (): [number, number] => [120_120, 1000]),
    }));
    expect(prewarmTargets(presentationOf([videoTrack('v360', 640, 360, 1, { chunks })]))).toHaveLength(4);
  });

  test('makes the version hot, and is counted', async () => {
    publish(smallPresentation('film'));
    expect(await run()).toEqual({ read: OBJECTS, missing: 0, failed: 0, skipped: 0 });
    expect(popularity.classOf(segmentKey(REF, 'v360', '1', 1))).toBe('hot');
    expect(counters).toMatchObject({ prewarmRead: OBJECTS, prewarmMissing: 0, prewarmFailed: 0, prewarmSkipped: 0 });
    expect(logged).toEqual([]);
    expect(clock.running).toBe(0);
  });

  test('never more bytes than there may be: large segments are left out, small ones still come', async () => {
    const large = PREWARM_BYTES_MAX / 2;
    publish(presentationOf([videoTrack('v1080', 1920, 1080, large), videoTrack('v360', 640, 360, 1000)], 'film'));
    // Of v1080 the second segment does not fit beside the first, and the third is small.
    expect(await run()).toEqual({ read: 8, missing: 0, failed: 0, skipped: 1 });
    const keys = source.gets.map(({ key }) => key);
    expect(keys).not.toContain(segmentKey(REF, 'v1080', '1', 2));
    expect(keys).toContain(segmentKey(REF, 'v360', '2', 3));
    expect(counters.prewarmSkipped).toBe(1);
  });

  test.each([
    [0, 0],
    [1, 1],
  ])('as many bytes as there may be, exactly: %i more leaves out %i', async (more, skipped) => {
    const small = videoTrack('v360', 640, 360, 1000);
    const bytes = PREWARM_BYTES_MAX - small.init.bytes + more;
    const chunks = [{ attempt: '1', firstNumber: 1, segments: [[120_120, bytes] as [number, number]] }];
    publish(presentationOf([{ ...small, chunks }], 'film'));
    expect(await run()).toEqual({ read: 3 - skipped, missing: 0, failed: 0, skipped });
  });

  test('few at a time', async () => {
    publish(smallPresentation('film'));
    const { promise, resolve } = Promise.withResolvers<void>();
    const manifests = new Manifests(source);
    await manifests.presentation(REF);
    source.gate = promise;
    const running = prewarm(partsOf(manifests), REF, {
      counters,
      startTimer: clock.startTimer,
    });
    await settle();
    expect(source.gets).toHaveLength(1 + PREWARM_PARALLEL);
    resolve();
    expect(await running).toMatchObject({ read: OBJECTS });
  });
});

describe('what goes wrong is counted and passed by', () => {
  test('a version that is not there', async () => {
    expect(await run()).toEqual({ read: 0, missing: 1, failed: 0, skipped: 0 });
    expect(source.gets).toHaveLength(1);
  });

  test('a presentation that is none', async () => {
    putText(presentationKey(REF, 1), '{}');
    expect(await run()).toEqual({ read: 0, missing: 0, failed: 1, skipped: 0 });
  });

  test('a segment that is missing', async () => {
    publish(smallPresentation('film'));
    source.objects.delete(segmentKey(REF, 'v360', '1', 1));
    expect(await run()).toEqual({ read: OBJECTS - 1, missing: 1, failed: 0, skipped: 0 });
    expect(counters.prewarmMissing).toBe(1);
  });

  test('reads that fail: the others go on, nothing is tried again, and the log names the version', async () => {
    publish(smallPresentation('film'));
    const failing = new Set([initKey(REF, 'v360'), segmentKey(REF, 'v720', '1', 2)]);
    const get = source.get.bind(source);
    vi.spyOn(source, 'get').mockImplementation((key, range) =>
      failing.has(key) ? Promise.reject(new AppError('unavailable')) : get(key, range),
    );
    expect(await run()).toEqual({ read: OBJECTS - 2, missing: 0, failed: 2, skipped: 0 });
    expect(source.get).toHaveBeenCalledTimes(OBJECTS);
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'prewarm_incomplete', asset: 'film', version: expect.any(String), failed: 2 },
    ]);
  });

  test('reads that hang are given up in time, and nothing is begun afterwards', async () => {
    publish(smallPresentation('film'));
    const { promise, resolve } = Promise.withResolvers<void>();
    const manifests = new Manifests(source);
    await manifests.presentation(REF);
    source.gate = promise;
    const running = prewarm(partsOf(manifests), REF, {
      counters,
      startTimer: clock.startTimer,
    });
    await settle();
    clock.advance(PREWARM_MS);
    expect(await running).toEqual({ read: 1, missing: 0, failed: OBJECTS - 1, skipped: 0 });
    resolve();
    await settle();
    expect(source.gets).toHaveLength(1 + PREWARM_PARALLEL);
    expect(counters).toMatchObject({ prewarmRead: 1, prewarmFailed: OBJECTS - 1 });
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'prewarm_incomplete', failed: OBJECTS - 1, reason: expect.stringContaining('not read within') },
    ]);
  });

  test('a presentation that hangs, likewise', async () => {
    publish(smallPresentation('film'));
    source.gate = new Promise(() => {});
    const running = run();
    await settle();
    clock.advance(PREWARM_MS);
    expect(await running).toEqual({ read: 0, missing: 0, failed: 1, skipped: 0 });
  });

  test('a body that hangs is let go', async () => {
    publish(smallPresentation('film'));
    const get = source.get.bind(source);
    const cancelled: string[] = [];
    vi.spyOn(source, 'get').mockImplementation(async (key, range) => {
      const read = await get(key, range);
      const body = new ReadableStream<Uint8Array>({ cancel: () => void cancelled.push(key) });
      return key === initKey(REF, 'v360') && read.kind === 'found' ? { ...read, body } : read;
    });
    const running = run();
    await vi.waitFor(() => expect(source.gets).toHaveLength(OBJECTS));
    await settle();
    clock.advance(PREWARM_MS);
    expect(await running).toMatchObject({ failed: 1 });
    await vi.waitFor(() => expect(cancelled).toEqual([initKey(REF, 'v360')]));
  });
});

describe('with the tiers of delivery', () => {
  const firstRequests = [
    'v360.m3u8',
    'v360/init.mp4',
    'v360/1/1.m4s',
    'v720/1/2.m4s',
    'v360/2/3.m4s',
    'a128-en/1/1.m4s',
  ];

  /** Who answered each of a player's first requests, and how often the bucket was asked for them. */
  async function play(delivery: ReturnType<typeof newEnv>, asset: string) {
    const before = tierCounters.r2MediaReads;
    const base = await startSession(delivery, await link(asset));
    const tiers = [];
    for (const path of firstRequests) {
      const answer = await fetchPath(delivery, `${base}${path}`);
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
      tiers.push(answer.headers.get('server-timing'));
    }
    return { tiers, reads: tierCounters.r2MediaReads - before };
  }

  /** The presentation came with the session: its playlists are made from memory. */
  const answeredBy = (tier: string) => ['tier;desc=memory', ...Array(5).fill(`tier;desc=${tier}`)];

  test('the first player reads nothing of the bucket', async () => {
    const delivery = newEnv();
    await putAsset(delivery, 'warmed');
    const before = { ...tierCounters };
    const report = await prewarm(isolateOf(delivery), { ...REF, assetId: 'warmed' });
    expect(report).toEqual({ read: OBJECTS, missing: 0, failed: 0, skipped: 0 });
    expect(tierCounters.r2MediaReads - before.r2MediaReads).toBe(OBJECTS);
    expect(tierCounters.edgeFillsHot - before.edgeFillsHot).toBe(OBJECTS);
    expect(await play(delivery, 'warmed')).toEqual({ tiers: answeredBy('memory'), reads: 0 });
  });

  test('nor is anything parsed or rendered again', async () => {
    const delivery = newEnv();
    await putAsset(delivery, 'rendered');
    const isolate = isolateOf(delivery);
    const ref = { ...REF, assetId: 'rendered' };
    await prewarm(isolate, ref);
    const load = vi.spyOn(isolate.manifests, 'presentation');
    for (const track of ['v360', 'v720', 'a128-en']) {
      expect(await isolate.manifests.playlist(ref, { kind: 'media-playlist', track })).not.toBeNull();
    }
    expect(load).not.toHaveBeenCalled();
  });

  test('nor does one whom another isolate of the data centre answers', async () => {
    expect(await play(newEnv(), 'warmed')).toEqual({ tiers: answeredBy('edge'), reads: 0 });
  });

  test('as a control: without it every one of them is a read, of a cold version', async () => {
    const delivery = newEnv();
    await putAsset(delivery, 'unwarmed');
    const before = { ...tierCounters };
    const reads = firstRequests.length;
    expect(await play(delivery, 'unwarmed')).toEqual({ tiers: answeredBy('r2'), reads });
    expect(tierCounters.edgeFillsCold - before.edgeFillsCold).toBe(reads);
  });

  test('a version is hot where current.json says so, without being prewarmed here', async () => {
    const delivery = newEnv();
    await putAsset(delivery, 'flagged', { prewarm: true });
    const before = { ...tierCounters };
    await play(delivery, 'flagged');
    expect(tierCounters.edgeFillsHot - before.edgeFillsHot).toBe(firstRequests.length);
  });

  test('the media origin is told the class, and passes it on to the platform’s cache', async () => {
    const delivery = newEnv({ EDGE_CACHE: 'workers' });
    await putAsset(delivery, 'behind', { prewarm: true });
    const before = { ...tierCounters };
    await play(delivery, 'behind');
    expect(tierCounters.edgeFillsHot - before.edgeFillsHot).toBe(firstRequests.length);
    const { MediaOrigin } = exports as unknown as { MediaOrigin: Fetcher };
    const url = mediaUrl(initKey({ assetId: 'behind', version: 'ver1' }, 'v360'));
    const told = async (headers: Record<string, string>) => {
      const response = await MediaOrigin.fetch(url, { headers });
      await response.arrayBuffer();
      return response.headers.get('cache-control');
    };
    expect(await told({ [CLASS_HEADER]: 'cold' })).toBe(`public, max-age=${EDGE_SECONDS.cold}`);
    expect(await told({ [CLASS_HEADER]: 'hot' })).toBe(`public, max-age=${EDGE_SECONDS.hot}`);
    for (const odd of [{}, { [CLASS_HEADER]: 'toString' }]) {
      expect(await told(odd)).toBe(IMMUTABLE);
    }
  });

  test('a version becomes warm by its second session, however much the first one reads', async () => {
    const delivery = newEnv({ EDGE_STATE_SECONDS: '10' });
    await putAsset(delivery, 'watched');
    const before = { ...tierCounters };
    await play(delivery, 'watched');
    await play(delivery, 'watched');
    expect(tierCounters.edgeFillsWarm - before.edgeFillsWarm).toBe(0);
    const base = await startSession(delivery, await link('watched'));
    await (await fetchPath(delivery, `${base}v720/1/1.m4s`)).arrayBuffer();
    expect(tierCounters.edgeFillsWarm - before.edgeFillsWarm).toBe(1);
  });
});
