import { describe, expect, test } from 'vitest';
import { buildSourceIndex, type SourceIndex } from '../../../../src/media/made/build-index.ts';
import { readSlot } from '../../../../src/media/made/slot.ts';
import { renderMpd } from '../../../../src/media/manifest/dash/mpd.ts';
import { renderIFramePlaylist, renderMediaPlaylist } from '../../../../src/media/manifest/hls/media-playlist.ts';
import { renderMultivariantPlaylist } from '../../../../src/media/manifest/hls/multivariant-playlist.ts';
import { type Presentation, presentationSchema, type Track } from '../../../../src/media/presentation.ts';
import type { NotStandardCode } from '../../../../src/media/source/not-standard.ts';
import type { StandardSource } from '../../../../src/media/source/standard-source.ts';
import { audioOf, frames, packets, type Sample, sourceOf, videoOf } from '../source/array-source.ts';

function trackOf({ tracks }: SourceIndex, kind: Track['kind']): Track {
  const track = tracks.find((candidate) => candidate.kind === kind);
  if (track === undefined) {
    throw new TypeError(`no ${kind}`);
  }
  return track;
}

/** Seconds of the segments, by the presentation. */
const secondsOf = (index: SourceIndex, kind: Track['kind']): number[] => {
  const { chunks, timescale } = trackOf(index, kind);
  return chunks.flatMap(({ segments }) => segments.map(([ticks]) => ticks / timescale));
};

const filmOf = (count: number, keyFrames: readonly number[]) =>
  videoOf(frames(count, (index) => keyFrames.includes(index)));
const everySecond = (seconds: number) => videoOf(frames(25 * seconds, (index) => index % 25 === 0));

describe('segments begin at key frames', () => {
  test.each<[string, number, number[], number[]]>([
    ['at the first one that comes 4 s after the last', 350, [0, 50, 99, 100, 150, 240], [4, 5.6, 4.4]],
    ['whatever their distance', 600, [0, 300], [12, 12]],
    ['a short rest belongs to the segment before', 224, [0, 100, 200], [4, 4.96]],
    ['unless it has a second', 225, [0, 100, 200], [4, 4, 1]],
    ['or the segment would become too long', 310, [0, 300], [12, 0.4]],
    ['a film of one frame is one segment', 1, [0], [0.04]],
  ])('%s', async (_, count, keyFrames, expected) => {
    expect(secondsOf(await buildSourceIndex(sourceOf(filmOf(count, keyFrames))), 'video')).toEqual(expected);
  });
});

test('a slot per segment, all of one size, which is the attempt', async () => {
  const index = await buildSourceIndex(sourceOf(everySecond(30), audioOf(packets(1407))));
  expect(index.bytes.byteLength).toBe(index.stride * 8);
  expect(index.tracks.map(({ id, chunks: [chunk] }) => [id, chunk?.attempt, chunk?.firstNumber])).toEqual([
    ['sv0', String(index.stride), 1],
    ['sa0', String(index.stride), 1],
  ]);
  expect(index.inits.map(({ track }) => track)).toEqual(['sv0', 'sa0']);
  for (const track of index.tracks) {
    const sizes = Array.from({ length: 8 }, (_, at) => readSlot(index.bytes.subarray(at * index.stride), at + 1)).map(
      (slot) => (track.kind === 'video' ? slot.video : slot.audio)?.sizeBytes,
    );
    expect(sizes).toEqual(track.chunks[0]?.segments.map(([, bytes]) => bytes));
  }
});

test('samples that follow each other in the file are one range', async () => {
  const film = frames(50, (index) => index === 0).map((sample, index) => ({
    ...sample,
    offset: sample.offset + (index < 20 ? 0 : 7),
  }));
  const { bytes } = await buildSourceIndex(sourceOf(videoOf(film)));
  expect(readSlot(bytes, 1).video.slices).toEqual([
    { offset: 1000, length: 2000 },
    { offset: 3007, length: 3000 },
  ]);
});

test('frames are shown when the source shows them', async () => {
  const offsets = [3, 6, 3, 1];
  const film = offsets.map((compositionOffsetTicks, index) => ({
    ...{ offset: 10 * index, sizeBytes: 10, durationTicks: 1, compositionOffsetTicks, isSync: index === 0 },
  }));
  const index = await buildSourceIndex(sourceOf(videoOf(film, { timescale: 10_000 })));
  const { header } = readSlot(index.bytes, 1).video;
  // The last fields of the samples are their offsets, each behind a size.
  const view = new DataView(header.buffer);
  expect(offsets.map((_, at) => view.getInt32(header.byteLength - 8 - 8 * (4 - at) + 4))).toEqual([0, 3, 0, -2]);
  expect(trackOf(index, 'video').chunks[0]?.keyframeBytes).toEqual([header.byteLength + 10]);
});

describe('sound', () => {
  const soundOf = async (source: StandardSource) => {
    const index = await buildSourceIndex(source);
    const { presentationOffset, startTicks, chunks } = trackOf(index, 'audio');
    const counts = chunks.flatMap(({ segments }) => segments.map(([ticks]) => ticks / 1024));
    return { presentationOffset, startTicks, counts, video: trackOf(index, 'video') };
  };

  test('belongs to the segment in which it begins; what is left, to the last', async () => {
    const { presentationOffset, startTicks, counts, video } = await soundOf(
      sourceOf(everySecond(8), audioOf(packets(400))),
    );
    // 4 s are 187.5 packets: the 188th begins before.
    expect({ presentationOffset, startTicks, counts }).toEqual({
      ...{ presentationOffset: 0, startTicks: undefined, counts: [188, 212] },
    });
    expect(video.presentationOffset).toBe(0);
  });

  test.each([
    ['one packet of priming is kept', 'mp4a.40.2', 2112, 2112 - 1024, 1],
    ['two of HE-AAC are', 'mp4a.40.5', 2112, 2112, 0],
    ['none is, where there is none', 'mp4a.40.2', 0, 0, 0],
    ['a packet that is heard in part is no priming', 'mp4a.40.2', 512, 512, 0],
    ['packets before are left out', 'mp4a.40.29', 10_240, 2048, 8],
  ])('%s', async (_, codec, startTicks, offset, skipped) => {
    const audio = audioOf(packets(200), { codec, startTicks });
    const made = await soundOf(sourceOf(everySecond(4), audio));
    expect(made.presentationOffset).toBe(offset);
    expect(made.startTicks).toBe(offset === 0 ? undefined : 0);
    expect(made.counts).toEqual([200 - skipped]);
    // The same time, to less than 0.1 ms.
    expect(made.video.timescale).toBe(10_000);
    expect(made.video.presentationOffset).toBe(Math.round((offset * 10_000) / 48_000));
  });

  test('may begin later than the picture, and the picture later than the sound', async () => {
    const late = await soundOf(sourceOf(everySecond(4), audioOf(packets(150), { startTicks: -24_000 })));
    expect(late).toMatchObject({ presentationOffset: 0, startTicks: 24_000 });
    const video = { ...everySecond(4), startTicks: -5 };
    const primed = await soundOf(sourceOf(video, audioOf(packets(150), { startTicks: 1024 })));
    expect(primed).toMatchObject({ presentationOffset: 1024, startTicks: 0 });
    expect(primed.video).toMatchObject({ presentationOffset: 213, startTicks: 213 + 2000 });
  });

  test('has the borders of the picture, to a tick', async () => {
    // 4.04 s are 40.4 ticks: what begins at 4.0 s is of the first segment.
    const coarse = audioOf(packets(80, { durationTicks: 1 }), { timescale: 10 });
    const film = await buildSourceIndex(sourceOf(filmOf(200, [0, 101]), coarse));
    expect(trackOf(film, 'audio').chunks[0]?.segments.map(([ticks]) => ticks)).toEqual([41, 39]);
    // The picture begins at 0.2 s, so its second segment does at 4.2 s.
    const late = await soundOf(sourceOf({ ...everySecond(8), startTicks: -5 }, audioOf(packets(400))));
    expect(late.counts).toEqual([197, 203]);
  });

  test('may end before the last segment', async () => {
    const index = await buildSourceIndex(sourceOf(everySecond(8), audioOf(packets(100))));
    expect(trackOf(index, 'audio').chunks[0]?.segments).toHaveLength(1);
    expect(readSlot(index.bytes.subarray(index.stride), 2).audio).toBeNull();
  });
});

describe('the rate of frames', () => {
  const rateOf = async (source: StandardSource) => {
    const track = trackOf(await buildSourceIndex(source), 'video');
    return track.kind === 'video' ? track.frameRate : null;
  };
  const twoLengths = [
    ...frames(50, (index) => index === 0),
    ...frames(50, () => false, { durationTicks: 2 }).map((sample) => ({ ...sample, offset: sample.offset + 5000 })),
  ];

  test('is exact where all last as long, and the average otherwise', async () => {
    const film = frames(48, (index) => index === 0, { durationTicks: 1001 });
    expect(await rateOf(sourceOf(videoOf(film, { timescale: 24_000 })))).toEqual({ num: 24_000, den: 1001 });
    const longer = [...film.slice(0, 47), { offset: 9000, sizeBytes: 1, durationTicks: 5000, isSync: false }];
    expect(await rateOf(sourceOf(videoOf(longer, { timescale: 24_000 })))).toEqual({ num: 24_000, den: 1001 });
    expect(await rateOf(sourceOf(videoOf(twoLengths)))).toEqual({ num: 50, den: 3 });
  });

  test('has no more digits than a presentation may have', async () => {
    const odd = twoLengths
      .slice(0, 97)
      .map((sample, index) => ({ ...sample, durationTicks: 40_000_000 + Number(index === 5) }));
    expect(await rateOf(sourceOf(videoOf(odd, { timescale: 1_000_000_007 })))).toEqual({ num: 25, den: 1 });
  });
});

describe('no standard source', () => {
  const second = frames(25, (index) => index === 0);
  const fiveSeconds = frames(125, (index) => index === 0);
  const later = (samples: Sample[], facts: (index: number) => Partial<Sample>): Sample[] =>
    samples.map((sample, index) => ({ ...sample, offset: sample.offset + 1_000_000, ...facts(index) }));
  const early = later(
    frames(3, () => false),
    () => ({ compositionOffsetTicks: -30 }),
  );
  const shifted = later(second, () => ({ compositionOffsetTicks: 13 }));
  const long = { offset: 0, sizeBytes: 1, durationTicks: 2 ** 32, isSync: true };
  const huge = { sizeBytes: 100 * 1024 * 1024, durationTicks: 1 };
  const spread = (sample: Sample, index: number): Sample => ({ ...sample, offset: sample.offset + index * 100_000 });
  const keyAt = (key: number) => (sample: Sample, index: number) => ({ ...sample, isSync: index === key });
  const gap = { offset: 11_000_000, sizeBytes: 200, durationTicks: 12 * 48_000 };
  const behind = { offset: 12_000_000, sizeBytes: 0 };
  const REFUSED: [NotStandardCode, string, StandardSource][] = [
    ['video_missing', 'no frames', sourceOf(videoOf([]))],
    ['key_frames_missing', 'no key frame at the start', sourceOf(filmOf(50, [1]))],
    ['key_frames_far', 'a segment of 17 s', sourceOf(filmOf(425, [0]))],
    ['edit_list', 'frames before the film', sourceOf({ ...everySecond(1), startTicks: 1 })],
    ['timing', 'no time', sourceOf(videoOf(frames(2, () => true, { durationTicks: 0 })))],
    ['timing', 'durations of more than 32 bits', sourceOf(videoOf([long], { timescale: 2 ** 31 }))],
    [
      'timing',
      'frames without end',
      sourceOf(
        videoOf(
          frames(20_001, (index) => index === 0),
          { timescale: 10_000 },
        ),
      ),
    ],
    ['open_gop', 'a frame that is shown before its key frame', sourceOf(videoOf([...second, ...early]))],
    ['timing', 'a key frame that is shown long after its place', sourceOf(videoOf([...fiveSeconds, ...shifted]))],
    ['interleaving', 'samples in another order', sourceOf(videoOf(second.toReversed().map(keyAt(0))))],
    ['interleaving', 'a picture that is spread', sourceOf(videoOf(second.map(spread)))],
    ['interleaving', 'sound that is spread', sourceOf(everySecond(1), audioOf(packets(47).map(spread)))],
    [
      'index_damaged',
      'samples without bytes',
      sourceOf(videoOf(second.map((sample) => ({ ...sample, sizeBytes: 0 })))),
    ],
    [
      'index_too_large',
      'a segment that is too large',
      sourceOf(
        videoOf(
          later(
            frames(3, (index) => index === 0, huge),
            (index) => ({ offset: index * huge.sizeBytes }),
          ),
        ),
      ),
    ],
    [
      'tracks_unequal',
      'sound that ends before the film',
      sourceOf(everySecond(1), audioOf(packets(3), { startTicks: 9999 })),
    ],
    [
      'tracks_unequal',
      'no sound in the first segment',
      sourceOf(everySecond(8), audioOf(packets(90), { startTicks: -240_000 })),
    ],
    ['timing', 'a gap in the sound', sourceOf(everySecond(16), audioOf([...packets(20), gap, ...packets(20, behind)]))],
  ];
  test.each(REFUSED)('%s: %s', async (code, _, source) => {
    await expect(buildSourceIndex(source)).rejects.toMatchObject({ name: 'NotStandard', code });
  });

  test('an index that is too large', async () => {
    // One slot is long, because its samples have gaps between them, and there are many.
    const film = Array.from({ length: 4000 }, (_, at) => frames(at === 0 ? 2000 : 4, (index) => index === 0)).flatMap(
      (samples, at) =>
        samples.map((sample, index) => ({
          ...sample,
          offset: 2 ** 30 * at + 20_100 * index,
          sizeBytes: 20_000,
          durationTicks: at === 0 ? 1 : 250,
        })),
    );
    await expect(buildSourceIndex(sourceOf(videoOf(film, { timescale: 250 })))).rejects.toMatchObject({
      code: 'index_too_large',
    });
  });
});

test('manifests are exact', async () => {
  const index = await buildSourceIndex(
    sourceOf(everySecond(9), audioOf(packets(424), { startTicks: 1024, language: 'de' })),
  );
  const presentation: Presentation = presentationSchema.parse({
    ...{ schema: 1, assetId: 'film', version: 'v1', revision: 1, tracks: index.tracks },
    source: {
      ...{ container: 'mp4', sizeBytes: 1, width: 640, height: 360, frameRate: { num: 25, den: 1 } },
      ...{ frameCount: 225, durationSeconds: 9, videoCodec: 'h264' },
    },
  });
  const { stride } = index;
  const mpd = renderMpd(presentation, { basePath: '/s/x/' });
  expect(mpd).toContain('mediaPresentationDuration="PT9.000000S"');
  expect(mpd).toContain('timescale="10000" presentationTimeOffset="213"');
  expect(mpd).toContain('<S t="213" d="40000" r="1"/>\n<S d="10000"/>');
  expect(mpd).toContain('timescale="48000" presentationTimeOffset="1024"');
  // The packet of priming, and what begins within 4 s.
  expect(mpd).toContain(`<S t="0" d="${189 * 1024}"/>`);
  expect(mpd).toContain(`media="sa0/${stride}/$Number$.m4s"`);
  expect(mpd).toContain('value="main"');
  const multivariant = renderMultivariantPlaylist(presentation, { basePath: '/s/x/' });
  expect(multivariant).toMatch(/TYPE=AUDIO,GROUP-ID="audio",LANGUAGE="de",NAME="German",DEFAULT=YES/);
  expect(multivariant).toMatch(/RESOLUTION=640x360,FRAME-RATE=25.000,.*AUDIO="audio"/);
  const sums = presentation.tracks.map((track) =>
    [...renderMediaPlaylist(presentation, track).matchAll(/#EXTINF:([\d.]+)/g)].reduce(
      (sum, [, text]) => sum + Number(text),
      0,
    ),
  );
  expect(sums[0]).toBeCloseTo(9, 6);
  expect(sums[1]).toBeCloseTo((424 * 1024) / 48_000, 5);
  const [video] = presentation.tracks;
  expect(video?.kind === 'video' && renderIFramePlaylist(presentation, video)).toContain(`${stride}/3.m4s`);
});
