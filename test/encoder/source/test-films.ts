/** A film of ffmpeg, played as it is: what is made of it has the same frames, packets and times. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packagerBinary } from '../../../encoder/media/packager.ts';
import { readInit } from '../../../src/media/cmaf/init-segment.ts';
import { readSegment } from '../../../src/media/cmaf/media-segment.ts';
import { fractionToNumber } from '../../../src/media/fraction.ts';
import { presentationSchema, segmentsOf, type Track, trackDurationTicks } from '../../../src/media/presentation.ts';
import { samplesOf } from '../../system/fragment-samples.ts';
import { ffmpeg } from '../media/media-fixtures.ts';
import { type Film, initOf, type Made, madeSegments, make, writeMade } from './film.ts';
import { packetsOf, run } from './probe.ts';

/** Hashes alone: the last column. */
export const hashes = (...args: string[]): string[] =>
  run('ffmpeg', '-v', 'error', '-nostdin', ...args, '-f', 'framemd5', '-')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');

/** The longest clip is decoded twice, on a machine with other work. */
const DECODE_TIMEOUT_MS = 4 * 60_000;

/** 16 bits, mono. */
const BYTES_PER_SAMPLE = 2;
const decodedSound = (path: string): Buffer => ffmpeg('-i', path, '-map', '0:a:0', '-ac', '1', '-f', 's16le', '-');

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

export const testFilms = (films: readonly Film[]): void =>
  describe.each(films)('$name', (film) => {
    let directory = '';
    let made: Made;
    let video: Track;
    let audio: Track | undefined;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sluice-source-'));
      made = await make(directory, film);
      const [first, second] = made.index.tracks;
      if (first === undefined) {
        throw new TypeError('no picture');
      }
      [video, audio] = [first, second];
    });
    afterAll(() => rm(directory, { recursive: true, force: true }));

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

    test('the same frames at the same times', { timeout: DECODE_TIMEOUT_MS }, () => {
      const path = writeMade(made, video);
      const decode = (file: string) => hashes('-noautorotate', '-i', file, '-map', '0:v:0', '-fps_mode', 'passthrough');
      expect(decode(path)).toEqual(decode(made.path));
      const { startTicks, timescale } = made.source.video;
      const scale = video.timescale / timescale;
      const source = packetsOf(made.path, 'v');
      const times = madeSegments(made, 'video').flatMap((bytes) => samplesOf(Buffer.from(bytes)));
      // ffmpeg shifts the times of tracks with signed offsets.
      expect(times.map(({ presentationTicks }) => presentationTicks - video.presentationOffset)).toEqual(
        source.map(({ pts }) => scale * (pts - startTicks)),
      );
      expect(times.map(({ isSync }) => isSync)).toEqual(source.map(({ flags }) => flags.includes('K')));
      expect(times[0]?.decodeTicks).toBe(times[0]?.presentationTicks);
    });

    test('the same packets of sound at the same times', () => {
      if (audio === undefined) {
        expect(made.source.audio).toBeNull();
        return;
      }
      const path = writeMade(made, audio);
      const copy = (file: string) => hashes('-ignore_editlist', '1', '-i', file, '-map', '0:a:0', '-c', 'copy');
      expect(copy(path)).toEqual(copy(made.path));
      const heardSamples = decodedSound(made.path);
      const primed = decodedSound(path).subarray(BYTES_PER_SAMPLE * audio.presentationOffset);
      expect(primed.subarray(0, heardSamples.byteLength).equals(heardSamples)).toBe(true);
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
