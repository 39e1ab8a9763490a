/** The second part of the publish check on real bytes in R2: one fault at a time, which must be named, nothing else. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { partsOf } from '../../../../../src/control/encoding/publish/assemble.ts';
import { checkTrackObjects } from '../../../../../src/control/encoding/publish/check-objects.ts';
import type { Violation } from '../../../../../src/control/encoding/publish/violations.ts';
import { initKey, segmentKey } from '../../../../../src/media/keys.ts';
import type { Track } from '../../../../../src/media/presentation.ts';
import { encodeResultSchema } from '../../../../../src/protocol/encode-result.ts';
import { fullBox, mediaSegment } from '../../../media/cmaf/build-boxes.ts';
import { audioSegment, sha256, upload, videoInit, videoSegment } from '../fake-encoder.ts';
import { encodeAll, REF, trackOf, type WholeEncode } from '../fixture.ts';

/** Every test has a version of its own, so that no object of one stands in the bucket of another. */
let versions = 0;

type Bucket = { whole: WholeEncode; ref: { assetId: string; version: string } };

async function uploaded(attempts: readonly string[] = []): Promise<Bucket> {
  versions += 1;
  const ref = { assetId: REF.assetId, version: `ver${versions + 1}` };
  const whole = await encodeAll(undefined, attempts);
  const moved = [...whole.objects].map(
    ([key, bytes]) => [key.replace(`/${REF.version}/`, `/${ref.version}/`), bytes] as const,
  );
  await upload(env.MEDIA, new Map(moved));
  return { whole, ref };
}

const check = ({ whole, ref }: Bucket, id: string, track: Track = trackOf(whole.presentation, id)) =>
  checkTrackObjects(env.MEDIA, ref, track, partsOf(whole.reports, id));

const rulesOf = (violations: Violation[]): [string, string][] => violations.map(({ rule, where }) => [rule, where]);

/** The bytes that belong at v480/1/1.m4s, made anew with something different. */
const SHAPE = { number: 1, frames: 96, startTicks: 0, sampleTicks: 1000, sampleBytes: 48 };

/** Replaces the first segment of v480, and presents it with its true size, time and key frame unless told otherwise. */
async function withFirstSegment(bytes: Uint8Array, presented: { ticks?: number; keyframe?: number } = {}) {
  const bucket = await uploaded();
  const track = structuredClone(trackOf(bucket.whole.presentation, 'v480'));
  const [chunk] = track.chunks;
  const [segment] = chunk?.segments ?? [];
  if (chunk === undefined || segment === undefined) {
    throw new TypeError('v480 has no segment');
  }
  await env.MEDIA.put(segmentKey(bucket.ref, 'v480', '1', 1), bytes);
  segment[1] = bytes.length;
  segment[0] = presented.ticks ?? segment[0];
  if (presented.keyframe !== undefined) {
    chunk.keyframeBytes?.splice(0, 1, presented.keyframe);
  }
  return rulesOf(await check(bucket, 'v480', track));
}

describe('the check of a version’s objects', () => {
  test.each(['v240', 'v360', 'v480', 'a128-eng'])('finds nothing wrong with %s', async (id) => {
    expect(await check(await uploaded(), id)).toEqual([]);
  });

  test('finds the objects of the attempt that won', async () => {
    const bucket = await uploaded(['2', '1', '3']);
    expect(await check(bucket, 'v480')).toEqual([]);
    expect(await check(bucket, 'a128-eng')).toEqual([]);
  });

  test('does not mind the objects of an attempt that lost', async () => {
    const bucket = await uploaded();
    await env.MEDIA.put(segmentKey(bucket.ref, 'v480', '2', 1), 'half a segm');
    expect(await check(bucket, 'v480')).toEqual([]);
  });

  test('misses a segment', async () => {
    const bucket = await uploaded();
    await env.MEDIA.delete(segmentKey(bucket.ref, 'v480', '1', 2));
    expect(await check(bucket, 'v480')).toEqual([
      { rule: 'object-present', where: 'v480, segment 2', message: 'missing' },
    ]);
  });

  test('does not take another track’s segment for it', async () => {
    const bucket = await uploaded();
    await env.MEDIA.delete(segmentKey(bucket.ref, 'v240', '1', 2));
    expect(await check(bucket, 'v480')).toEqual([]);
    expect(rulesOf(await check(bucket, 'v240'))).toEqual([['object-present', 'v240, segment 2']]);
  });

  test('notices a segment of another size', async () => {
    const bucket = await uploaded();
    await env.MEDIA.put(segmentKey(bucket.ref, 'v480', '1', 4), new Uint8Array(10));
    expect(rulesOf(await check(bucket, 'v480'))).toEqual([['object-present', 'v480, segment 4']]);
  });

  test('misses the init segment', async () => {
    const bucket = await uploaded();
    await env.MEDIA.delete(initKey(bucket.ref, 'v480'));
    expect(rulesOf(await check(bucket, 'v480'))).toEqual([['object-present', 'v480, init segment']]);
  });

  test('notices an init segment of another size', async () => {
    const bucket = await uploaded();
    await env.MEDIA.put(initKey(bucket.ref, 'v480'), new Uint8Array(3));
    expect(rulesOf(await check(bucket, 'v480'))).toEqual([['object-present', 'v480, init segment']]);
  });

  test('notices an init segment of other bytes', async () => {
    const bucket = await uploaded();
    const [, , rendition] = bucket.whole.plan.video.renditions;
    if (rendition === undefined) {
      throw new TypeError('no rendition');
    }
    await env.MEDIA.put(initKey(bucket.ref, 'v480'), videoInit({ ...rendition, level: 52 }, 24_000));
    expect(rulesOf(await check(bucket, 'v480'))).toEqual([['cmaf-init-equal', 'v480, init segment']]);
  });
});

describe('an init segment that was reported truly, but is not what the presentation says', () => {
  async function withInit(make: (v480: { width: number; height: number; level: number }) => Uint8Array) {
    const bucket = await uploaded();
    const rendition = bucket.whole.plan.video.renditions[2];
    const track = structuredClone(trackOf(bucket.whole.presentation, 'v480'));
    const bytes = make(rendition ?? { width: 2, height: 2, level: 10 });
    await env.MEDIA.put(initKey(bucket.ref, 'v480'), bytes);
    track.init = { bytes: bytes.length, sha256: await sha256(bytes) };
    return rulesOf(await check(bucket, 'v480', track));
  }
  const made = (change: object, timescale = 24_000) =>
    withInit((v480) =>
      videoInit({ track: 'v480', crf: 23, maxrateKbps: 1, bufsizeKbps: 2, ...v480, ...change }, timescale),
    );

  test('has another clock', async () => {
    expect(await made({}, 25_000)).toEqual([['cmaf-timescale', 'v480, init segment']]);
  });

  test('has another codec', async () => {
    expect(await made({ level: 52 })).toEqual([['has-9.1', 'v480, init segment']]);
  });

  test('has another size of picture', async () => {
    expect(await made({ width: 640 })).toEqual([['has-9.3', 'v480, init segment']]);
  });

  test('is no MP4', async () => {
    expect(await withInit(() => new Uint8Array(600).fill(7))).toEqual([['cmaf-parse', 'v480, init segment']]);
  });

  test('is empty of boxes', async () => {
    expect(await withInit(() => fullBoxOnly())).toEqual([['cmaf-parse', 'v480, init segment']]);
  });
});

const fullBoxOnly = (): Uint8Array => Uint8Array.from(fullBox('free', 0, 0));

describe('the first segment of a task', () => {
  const FIRST = 'v480, segment 1';

  test('is what it was', async () => {
    expect(await withFirstSegment(videoSegment(SHAPE))).toEqual([]);
  });

  test('begins at another time', async () => {
    expect(await withFirstSegment(videoSegment({ ...SHAPE, startTicks: 1000 }))).toEqual([['has-7.3', FIRST]]);
  });

  test('lasts another time', async () => {
    expect(await withFirstSegment(videoSegment({ ...SHAPE, sampleTicks: 999 }))).toEqual([['has-8.1', FIRST]]);
  });

  const samples = Array.from({ length: 96 }, (_, index) => ({ size: index === 0 ? 144 : 48, flags: 0x10000 }));
  const keyed = samples.map((sample, index) => (index === 0 ? { size: 144 } : sample));

  test('does not begin with a key frame', async () => {
    expect(await withFirstSegment(mediaSegment({ samples }))).toEqual([['has-7.4', FIRST]]);
  });

  test('shows its first frame late', async () => {
    const late = keyed.map((sample) => ({ ...sample, offset: 2000 }));
    expect(await withFirstSegment(mediaSegment({ samples: late }))).toEqual([['av-offset', FIRST]]);
  });

  test('has unsigned composition offsets', async () => {
    expect(await withFirstSegment(mediaSegment({ samples: keyed, version: 0 }))).toEqual([['cmaf-9.2.1', FIRST]]);
  });

  test('has its data outside mdat', async () => {
    const bytes = mediaSegment({ samples: keyed, dataShift: 1 });
    const keyframe = videoSegment(SHAPE).length - 144 - 95 * 48 + 144 + 1;
    expect(await withFirstSegment(bytes, { keyframe })).toEqual([['cmaf-7.3.2.3', FIRST]]);
  });

  test('has a key frame that ends elsewhere', async () => {
    expect(await withFirstSegment(videoSegment(SHAPE), { keyframe: 100 })).toEqual([['has-6.10', FIRST]]);
  });

  test('is no segment', async () => {
    expect(await withFirstSegment(new Uint8Array(6000).fill(7))).toEqual([['cmaf-parse', FIRST]]);
  });

  test('is looked at for every task, not only the first', async () => {
    const bucket = await uploaded();
    const wrong = videoSegment({ ...SHAPE, number: 3, startTicks: 193_000 });
    await env.MEDIA.put(segmentKey(bucket.ref, 'v480', '1', 3), wrong);
    expect(rulesOf(await check(bucket, 'v480'))).toEqual([['has-7.3', 'v480, segment 3']]);
  });

  test('has the number that it would have in a chunk of its own', async () => {
    const bucket = await uploaded();
    const key = segmentKey(bucket.ref, 'v480', '1', 3);
    await env.MEDIA.put(key, videoSegment({ ...SHAPE, startTicks: 192_000 }));
    expect(rulesOf(await check(bucket, 'v480'))).toEqual([['isobmff-8.8.5', 'v480, segment 3']]);
  });

  test('has not the brands of a segment', async () => {
    const brands = ['mp41', 'iso8', 'isom', 'mp41', 'dash', 'avc1', 'cmfs'];
    const bytes = mediaSegment({ samples: keyed, brands });
    const keyframe = bytes.length - 95 * 48;
    expect(await withFirstSegment(bytes, { keyframe })).toEqual([['dash-6.3.4.2', FIRST]]);
  });

  test('may have neither where its encoder is older and promised neither', async () => {
    const bucket = await uploaded();
    const key = segmentKey(bucket.ref, 'v480', '1', 3);
    const bytes = mediaSegment({ samples: keyed, baseDecodeTime: 192_000, brands: ['msdh', 'mp41', 'cmfs'] });
    await env.MEDIA.put(key, bytes);
    const rules = [
      ['isobmff-8.8.5', 'v480, segment 3'],
      ['dash-6.3.4.2', 'v480, segment 3'],
    ];
    expect(rulesOf(await check(bucket, 'v480'))).toEqual(rules);
    // The first chunk was made anew after the upgrade, the second was there before it.
    const [, , second] = bucket.whole.reports;
    Object.assign(second ?? {}, { layout: encodeResultSchema.parse({ tracks: second?.tracks }).layout });
    expect(await check(bucket, 'v480')).toEqual([]);
  });

  test('of sound may have no composition offsets, but not another time', async () => {
    const bucket = await uploaded();
    const track = trackOf(bucket.whole.presentation, 'a128-eng');
    const frames = (track.chunks[0]?.segments[0]?.[0] ?? 0) / 1024;
    const wrong = audioSegment({ number: 1, frames, startTicks: 1024, sampleTicks: 1024, sampleBytes: 10 });
    await env.MEDIA.put(segmentKey(bucket.ref, 'a128-eng', '1', 1), wrong);
    expect(rulesOf(await check(bucket, 'a128-eng'))).toEqual([['has-7.3', 'a128-eng, segment 1']]);
  });
});

test('bandwidth is measured on what is in the bucket', async () => {
  const bucket = await uploaded();
  const track = structuredClone(trackOf(bucket.whole.presentation, 'v480'));
  track.bandwidth = { average: track.bandwidth.average * 2, peak: track.bandwidth.peak };
  expect(rulesOf(await check(bucket, 'v480', track))).toEqual([['has-1.26', 'v480']]);
});
