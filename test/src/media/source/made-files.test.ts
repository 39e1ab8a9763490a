/** Files of ffmpeg, played as they are: what is made of them has the same frames, packets and times. */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packagerBinary } from '../../../../encoder/media/packager.ts';
import { concatBytes } from '../../../../src/media/boxes/write-boxes.ts';
import { readInit } from '../../../../src/media/cmaf/init-segment.ts';
import { readSegment } from '../../../../src/media/cmaf/media-segment.ts';
import { fractionToNumber } from '../../../../src/media/fraction.ts';
import { presentationSchema, segmentsOf, type Track, trackDurationTicks } from '../../../../src/media/presentation.ts';
import { buildSourceIndex, type SourceIndex } from '../../../../src/media/source/build-index.ts';
import { readSlot } from '../../../../src/media/source/slot.ts';
import type { MadeSegment, Slot, SourceVideo, StandardSource } from '../../../../src/media/source/standard-source.ts';
import { packetsOf, probedSource, run } from './probed-source.ts';
import { sampleTimes } from './sample-times.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-source-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

type Case = {
  name: string;
  input: string[];
  output: string[];
  file?: string;
  rate?: number;
  facts?: Partial<SourceVideo>;
};

const picture = (rate: string, seconds: number): string[] => [
  '-f',
  'lavfi',
  '-i',
  `testsrc=s=64x48:r=${rate}:d=${seconds}`,
];
const sound = (rate: number, seconds: number): string[] => ['-f', 'lavfi', '-i', `sine=r=${rate}:d=${seconds}`];
const x264 = (gop: number, bFrames = 2): string[] => [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1', '-sc_threshold', '0'],
  ...['-g', String(gop), '-bf', String(bFrames), '-x264-params', 'open-gop=0', '-c:a', 'aac'],
];

const CASES: Case[] = [
  { name: '25 fps, 48 kHz', input: [...picture('25', 13), ...sound(48_000, 13)], output: x264(50), rate: 25 },
  {
    name: '23.976 fps, 44.1 kHz',
    input: [...picture('24000/1001', 11), ...sound(44_100, 11)],
    output: x264(48),
    rate: 24_000 / 1001,
  },
  {
    name: 'frames of different length',
    input: [...picture('30', 10), ...sound(48_000, 10)],
    output: ['-vf', "select='gt(mod(n,7),1)'", '-fps_mode', 'vfr', ...x264(20)],
  },
  { name: 'no sound', input: picture('25', 9), output: x264(25), rate: 25 },
  {
    name: 'sound that begins later',
    input: [...picture('25', 9), '-itsoffset', '0.5', ...sound(48_000, 8)],
    output: x264(25),
    rate: 25,
  },
  {
    name: 'MOV, 600 ticks a second, no B-frames',
    input: [...picture('30', 9), ...sound(44_100, 9)],
    output: ['-video_track_timescale', '600', ...x264(30, 0)],
    file: 'film.mov',
    rate: 30,
  },
  {
    name: 'signed composition offsets',
    input: [...picture('25', 9), ...sound(48_000, 9)],
    output: ['-movflags', 'negative_cts_offsets', ...x264(30, 3)],
    rate: 25,
  },
  {
    name: 'key frames 12 s apart',
    input: [...picture('25', 25), ...sound(48_000, 25)],
    output: x264(300),
    rate: 25,
  },
];

type Made = { path: string; source: StandardSource; index: SourceIndex; slots: Slot[]; bytes: Uint8Array };

async function make({ name, input, output, file = 'film.mp4', facts = {} }: Case): Promise<Made> {
  const path = join(directory, `${name.replaceAll(/\W/g, '-')}-${file}`);
  run('ffmpeg', '-v', 'error', '-nostdin', '-y', ...input, ...output, path);
  const source = probedSource(path, facts);
  const index = await buildSourceIndex(source);
  const slots = Array.from({ length: index.bytes.byteLength / index.stride }, (_, at) =>
    readSlot(index.bytes.subarray(at * index.stride, (at + 1) * index.stride), at + 1),
  );
  return { path, source, index, slots, bytes: new Uint8Array(readFileSync(path)) };
}

const segmentBytes = ({ bytes }: Made, { header, slices }: MadeSegment): Uint8Array =>
  concatBytes([header, ...slices.map(({ offset, length }) => bytes.subarray(offset, offset + length))]);

const madeSegments = (made: Made, kind: 'video' | 'audio'): Uint8Array[] =>
  made.slots.flatMap(({ [kind]: segment }) => (segment === null ? [] : [segmentBytes(made, segment)]));

const initOf = ({ index }: Made, track: Track): Uint8Array =>
  index.inits.find((init) => init.track === track.id)?.bytes ?? new Uint8Array();

/** Init segment and segments, as a player has them. */
function writeMade(made: Made, track: Track): string {
  const path = `${made.path}.${track.id}.mp4`;
  writeFileSync(path, concatBytes([initOf(made, track), ...madeSegments(made, track.kind)]));
  return path;
}

/** Hashes alone: the last column. */
const hashes = (...args: string[]): string[] =>
  run('ffmpeg', '-v', 'error', '-nostdin', ...args, '-f', 'framemd5', '-')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');

function expectSegments(made: Made, track: Track): void {
  const init = readInit(initOf(made, track));
  expect(init).toMatchObject({ timescale: track.timescale, hasEditList: false });
  expect(init.entry.codec).toBe(track.codec);
  expect(init.fragmentDurationTicks).toBe(trackDurationTicks(track));
  const segments = madeSegments(made, track.kind);
  const listed = [...segmentsOf(track)];
  expect(segments.length).toBe(listed.length);
  for (const [index, bytes] of segments.entries()) {
    const entry = listed[index];
    expect(bytes.byteLength).toBe(entry?.bytes);
    expect(readSegment(bytes, init.sampleDefaults)).toMatchObject({
      brands: ['msdh', 'cmfs'],
      sequenceNumber: index + 1,
      baseDecodeTime: entry?.startTicks,
      durationTicks: entry?.durationTicks,
      firstSampleIsSync: true,
      trafCount: 1,
      trunVersion: 1,
      dataWithinMdat: true,
      sizeBytes: bytes.byteLength,
      ...(track.kind === 'video' ? { firstSampleBytesEnd: entry?.keyframeBytes } : {}),
    });
  }
}

describe.each(CASES)('$name', (film) => {
  let made: Made;
  let video: Track;
  let audio: Track | undefined;
  beforeAll(async () => {
    made = await make(film);
    const [first, second] = made.index.tracks;
    if (first === undefined) {
      throw new TypeError('no picture');
    }
    [video, audio] = [first, second];
  });

  test('segments are what presentation and slots say', () => {
    const { index, source } = made;
    const presentation = {
      ...{ schema: 1, assetId: 'a', version: 'v', revision: 1, tracks: index.tracks },
      source: {
        ...{ container: 'mp4', sizeBytes: source.sizeBytes, width: 64, height: 48, frameRate: { num: 25, den: 1 } },
        ...{ frameCount: 1, durationSeconds: source.durationSeconds, videoCodec: 'h264' },
      },
    };
    expect(presentationSchema.parse(presentation).tracks).toEqual(index.tracks);
    for (const track of index.tracks) {
      expectSegments(made, track);
    }
    if (film.rate !== undefined) {
      expect(video.kind === 'video' && fractionToNumber(video.frameRate)).toBe(film.rate);
    }
  });

  test('the same frames at the same times', () => {
    const path = writeMade(made, video);
    const decode = (file: string) => hashes('-i', file, '-map', '0:v:0', '-fps_mode', 'passthrough');
    expect(decode(path)).toEqual(decode(made.path));
    const { startTicks, timescale } = made.source.video;
    const scale = video.timescale / timescale;
    const source = packetsOf(made.path, 'v');
    const times = madeSegments(made, 'video').flatMap(sampleTimes);
    expect(times.map(({ presentation }) => presentation - video.presentationOffset)).toEqual(
      source.map(({ pts }) => scale * (pts - startTicks)),
    );
    expect(times.map(({ isSync }) => isSync)).toEqual(source.map(({ flags }) => flags.includes('K')));
    expect(times[0]?.decode).toBe(times[0]?.presentation);
  });

  test('the same packets of sound at the same times', () => {
    if (audio === undefined) {
      expect(made.source.audio).toBeNull();
      return;
    }
    const path = writeMade(made, audio);
    const copy = (file: string) => hashes('-ignore_editlist', '1', '-i', file, '-map', '0:a:0', '-c', 'copy');
    expect(copy(path)).toEqual(copy(made.path));
    const startTicks = made.source.audio?.startTicks ?? 0;
    const heard = packetsOf(made.path, 'a').map(({ pts }) => pts - startTicks);
    const offset = audio.presentationOffset;
    expect(packetsOf(path, 'a').map(({ pts }) => pts - offset)).toEqual(heard);
    // One moment in both tracks.
    expect(video.presentationOffset / video.timescale).toBeCloseTo(offset / audio.timescale, 4);
  });

  test('the packager reads them', () => {
    for (const track of made.index.tracks) {
      const path = writeMade(made, track);
      run(packagerBinary(), `in=${path},stream=${track.kind},output=${path}.packed.mp4`, '--quiet');
      expect(packetsOf(`${path}.packed.mp4`, track.kind === 'video' ? 'v' : 'a').map(({ size }) => size)).toEqual(
        packetsOf(path, track.kind === 'video' ? 'v' : 'a').map(({ size }) => size),
      );
    }
  });
});
