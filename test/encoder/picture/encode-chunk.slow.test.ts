/** The real ffmpeg and packager on generated clips: every frame once, at its place, in every chunk; sound where it was. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeChunk } from '../../../encoder/picture/encode-chunk.ts';
import { readInit } from '../../../src/media/cmaf/init-segment.ts';
import { readSegment } from '../../../src/media/cmaf/media-segment.ts';
import {
  BUDGET,
  clickSamples,
  frameGreys,
  greyOf,
  joinSegments,
  makeSource,
  planOf,
  runAudio,
  runChunks,
  trackOutputs,
  withTempDirectory,
} from '../media/media-fixtures.ts';

/** Two programs per chunk on a machine that other tests share. */
const TIMEOUT_MS = 30_000;
/** x264 at CRF 23 on a flat picture. */
const GREY_ERROR = 12;

function expectEveryFrameOnce(greys: readonly number[], frameCount: number): void {
  expect(greys).toHaveLength(frameCount);
  const wrong = greys
    .map((grey, frame) => ({ frame, grey }))
    .filter(({ frame, grey }) => Math.abs(grey - greyOf(frame)) > GREY_ERROR);
  expect(wrong).toEqual([]);
}

describe('chunks', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['source.mkv', '24000/1001', 9, []],
    ['source.mkv', '60000/1001', 5, []],
    ['source.mp4', '30000/1001', 5, []],
    ['source.ts', '25', 9, []],
    ['long-gop.ts', '25', 9, ['-g', '500']],
    ['source.flv', '24', 5, []],
    // Segments of 102 and 101 frames: 100 would leave three.
    ['source.avi', '25', 8.1, []],
    ['late.mkv', '25', 5, ['-output_ts_offset', '3.517']],
  ] as const)('%s at %s fps, %s s %j: every frame once', (name, rate, seconds, output) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, name);
      makeSource(source, rate, seconds, ...output);
      const plan = await planOf(source);
      const [num = 0, den = 1] = rate.split('/').map(Number);
      expect(plan.video.frameRate).toEqual({ num, den });
      expect(plan.chunks.length).toBeGreaterThan(1);
      const outputs = trackOutputs(await runChunks(source, plan, directory), 0);
      expect(new Set(outputs.map(({ report }) => report.init.sha256)).size).toBe(1);
      const joined = await joinSegments(outputs, join(directory, 'joined.mp4'));
      expectEveryFrameOnce(frameGreys(joined), plan.video.frameCount);
    }),
  );

  test('init segments, decode times and key frames of two renditions', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mp4');
      makeSource(source, '30000/1001', 5);
      const plan = await planOf(source);
      const [only] = plan.video.renditions;
      if (only === undefined) {
        throw new Error('no rendition');
      }
      plan.video.renditions.push({ ...only, track: 'small', width: 32, height: 24 });
      const chunks = await runChunks(source, plan, directory);
      for (const index of [0, 1]) {
        const outputs = trackOutputs(chunks, index);
        expect(outputs.map(({ report }) => report.baseDecodeTime)).toEqual([0, 120_120]);
        expect(outputs.map(({ report }) => report.firstNumber)).toEqual([1, 2]);
        const [first, last] = outputs;
        const init = readInit(await readFile(first?.initPath ?? ''));
        expect(init).toMatchObject({
          timescale: 30_000,
          hasEditList: false,
          fragmentDurationTicks: plan.video.frameCount * 1001,
        });
        expect(init.entry.codec).toBe('avc1.64000d');
        const bytes = await readFile(last?.segmentPaths[0] ?? '');
        const facts = readSegment(bytes);
        expect(facts).toMatchObject({
          baseDecodeTime: 120_120,
          firstCompositionOffset: 0,
          firstSampleIsSync: true,
          trunVersion: 1,
          sequenceNumber: 2,
          brands: expect.arrayContaining(['msdh', 'cmfs']),
        });
        expect(last?.report.keyframeBytes).toEqual([facts.firstSampleBytesEnd]);
        expect(last?.report.segments).toEqual([[(plan.video.frameCount - 120) * 1001, bytes.length]]);
      }
    }));

  test('120 fps becomes 60 by taking every second frame, from a millisecond clock too', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      makeSource(source, '120', 5);
      const plan = await planOf(source);
      expect(plan.video).toMatchObject({ frameRate: { num: 60, den: 1 }, frameCount: 300 });
      const joined = await joinSegments(
        trackOutputs(await runChunks(source, plan, directory), 0),
        join(directory, 'joined.mp4'),
      );
      const wrong = frameGreys(joined).filter((grey, frame) => Math.abs(grey - greyOf(2 * frame)) > GREY_ERROR);
      expect(wrong).toEqual([]);
    }));

  test('a variable rate becomes a constant one', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mp4');
      // No frames from 2.0 to 5.0 s, across a chunk's start, and every seventh lost.
      makeSource(
        source,
        '30',
        7,
        '-vf',
        "select='not(between(n\\,60\\,149))*not(eq(mod(n\\,7)\\,3))'",
        '-fps_mode',
        'vfr',
      );
      const plan = await planOf(source);
      expect(plan.video.source.variableFrameRate).toBe(true);
      const outputs = trackOutputs(await runChunks(source, plan, directory), 0);
      const greys = frameGreys(await joinSegments(outputs, join(directory, 'joined.mp4')));
      expect(greys).toHaveLength(plan.video.frameCount);
      // Frames 59 and 150 (mod 7 = 3) are lost, too: 58 is shown until 151 comes, on both sides of the joint at 120.
      const expected = [0, 2, 2, 4, 58, 58, 58, 58, 151];
      const shown = [0, 2, 3, 4, 58, 119, 120, 150, 151].map((frame) => greys[frame] ?? 0);
      const wrong = shown.filter((grey, index) => Math.abs(grey - greyOf(expected[index] ?? 0)) > GREY_ERROR);
      expect(wrong).toEqual([]);
    }));

  test('an MPEG program stream, whose frames do not all have a time, keeps its length', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mpg');
      makeSource(source, '25', 5, '-c:v', 'mpeg2video', '-q:v', '2', '-c:a', 'mp2');
      const plan = await planOf(source);
      const outputs = trackOutputs(await runChunks(source, plan, directory), 0);
      const ticks = outputs.flatMap(({ report }) => report.segments).reduce((sum, [duration]) => sum + duration, 0);
      expect(ticks).toBe(plan.video.frameCount * plan.video.frameTicks);
      expect(Math.abs(plan.video.frameCount - 125)).toBeLessThanOrEqual(1);
    }));

  test('a film that stands on its side is turned upright', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mp4');
      makeSource(source, '25', 0.2);
      const bytes = await readFile(source);
      // The matrix of tkhd (14496-12 8.3.2): 90 degrees clockwise. ffmpeg 5.1 has no option for it.
      const matrix = [0, 0x10000, 0, -0x10000, 0, 0, 48 << 16, 0, 0x40000000];
      const start = bytes.indexOf('tkhd') + 44;
      matrix.forEach((value, index) => {
        bytes.writeInt32BE(value, start + index * 4);
      });
      await writeFile(source, bytes);
      const plan = await planOf(source);
      expect(plan.video.source).toMatchObject({ rotation: 90, displayWidth: 48, displayHeight: 64 });
      const [output] = trackOutputs(await runChunks(source, plan, directory), 0);
      expect(readInit(await readFile(output?.initPath ?? '')).entry).toMatchObject({ width: 48, height: 64 });
    }));

  test('one frame is a film', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mp4');
      makeSource(source, '25', 0.04);
      const plan = await planOf(source);
      const [output] = trackOutputs(await runChunks(source, plan, directory), 0);
      expect(output?.report.segments.map(([ticks]) => ticks)).toEqual([1000]);
      expect(readSegment(await readFile(output?.segmentPaths[0] ?? ''))).toMatchObject({
        trunVersion: 1,
        sampleCount: 1,
      });
    }));

  test('HDR, interlaced, non-square and odd-sized pictures come out as even, square, progressive BT.709', () =>
    withTempDirectory(async (directory) => {
      const cases = {
        'pq.mkv': [
          '-vf',
          'format=yuv420p10le',
          '-c:v',
          'libx265',
          '-x265-params',
          'log-level=none:b-adapt=0',
          '-b_strategy',
          '-1',
        ].concat(['-colorspace', 'bt2020nc', '-color_trc', 'smpte2084', '-color_primaries', 'bt2020']),
        'interlaced.mp4': ['-vf', 'interlace,setsar=64/45', '-flags', '+ilme+ildct'],
        'odd.mkv': ['-vf', 'scale=65:47,format=yuv444p', '-pix_fmt', 'yuv444p'],
      };
      for (const [name, output] of Object.entries(cases)) {
        const source = join(directory, name);
        makeSource(source, '25', 0.4, ...output);
        const plan = await planOf(source);
        const work = join(directory, `${name}-work`);
        await mkdir(work);
        const [result] = trackOutputs(await runChunks(source, plan, work), 0);
        const entry = readInit(await readFile(result?.initPath ?? '')).entry;
        expect(entry).toMatchObject({
          width: plan.video.renditions[0]?.width,
          height: plan.video.renditions[0]?.height,
        });
      }
    }));

  test('a plan that asks for more frames than there are is refused, not padded', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mp4');
      makeSource(source, '25', 1);
      const { video, chunks } = await planOf(source);
      const [chunk] = chunks;
      if (chunk === undefined) {
        throw new Error('no chunk');
      }
      const asked = {
        sourcePath: source,
        video: { ...video, frameCount: 26 },
        chunk: { ...chunk, frameCount: 26 },
        workDirectory: directory,
        budget: BUDGET,
      };
      await expect(encodeChunk(asked)).rejects.toMatchObject({
        code: 'output_mismatch',
        message: expect.stringContaining('25 frames'),
      });
    }));
});

describe('audio', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['source.mkv', ['-c:a', 'pcm_s16le'], 0],
    ['source.mp4', ['-c:a', 'aac'], 0],
    ['source.ts', ['-c:a', 'aac'], 0],
    // The film begins with the sound.
    ['late-video.mkv', ['-c:a', 'pcm_s16le', '-vf', 'setpts=PTS+0.48/TB'], 0],
    ['late-audio.mkv', ['-c:a', 'pcm_s16le', '-af', 'asetpts=PTS+0.5/TB'], 24_000],
  ] as const)('%s %j: clicks shifted by %s samples', (name, output, shift) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, name);
      makeSource(source, '25', 5, ...output);
      const plan = await planOf(source);
      const { report, ...rest } = await runAudio(source, plan, directory);
      const frameCount = Math.ceil(((plan.video.frameCount / 25) * 48_000) / 1024);
      expect(report).toMatchObject({ codec: 'mp4a.40.2', timescale: 48_000, baseDecodeTime: 0 });
      expect(report.segments.reduce((sum, [ticks]) => sum + ticks, 0)).toBe(frameCount * 1024);
      const joined = await joinSegments([{ report, ...rest }], join(directory, 'joined.mp4'));
      const wanted = [24_000, 72_000, 120_000, 168_000, 216_000]
        .map((sample) => sample + shift)
        .filter((sample) => sample > 1024 && sample < frameCount * 1024);
      const found = clickSamples(joined).filter((sample) => sample > 1024);
      expect(found).toHaveLength(wanted.length);
      for (const [index, sample] of wanted.entries()) {
        // Exact but for the rounding of a millisecond clock in the source.
        expect(Math.abs((found[index] ?? 0) - sample)).toBeLessThanOrEqual(1);
      }
    }),
  );
});
