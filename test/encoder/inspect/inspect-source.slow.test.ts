/** Sources of formats that are remuxed, and what sound and pictures have to do with each other. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectLocal, probeSource } from '../../../bench/frames/inspect-local.ts';
import { packagerBinary } from '../../../encoder/media/packager.ts';
import { runProcess } from '../../../encoder/media/process.ts';
import type { SourceFacts } from '../../../src/protocol/source-facts.ts';
import { ffmpeg, frameGreys, greyOf, makeSource, withTempDirectory } from '../media/media-fixtures.ts';

const codes = ({ warnings }: SourceFacts): string[] => warnings.map(({ code }) => code);

/** The pictures of a copy, as numbers. */
const picturesOf = (path: string): number[] =>
  frameGreys(path).map((grey) => {
    const distances = Array.from({ length: 40 }, (_, frame) => Math.abs(greyOf(frame) - grey));
    return distances.indexOf(Math.min(...distances));
  });

const packetTimes = (path: string, stream: string): number[] =>
  ffmpegProbe(path, stream)
    .split('\n')
    .flatMap((line) => (line === '' ? [] : Number(line.split(',')[0])));

function ffmpegProbe(path: string, stream: string): string {
  return ffmpeg('-i', path, '-map', `0:${stream}`, '-c', 'copy', '-copyts', '-f', 'framecrc', '-')
    .toString()
    .split('\n')
    .filter((line) => !line.startsWith('#') && line !== '')
    .map((line) => line.split(',')[2]?.trim())
    .join('\n');
}

describe('transport streams', () => {
  test.each([
    ['restarts', [0, 0]],
    ['jumps an hour ahead', [0, 3600]],
    ['restarts far below its first time, and comes back', [100, 0, 100]],
  ])('the clock %s: every picture of all parts, on one grid', (_, offsets) =>
    withTempDirectory(async (directory) => {
      const parts = offsets.map((offset, index) => {
        const path = join(directory, `${index}.ts`);
        makeSource(path, '25', 2, '-c:a', 'aac', '-output_ts_offset', String(offset));
        return path;
      });
      const [joined, copy] = [join(directory, 'joined.ts'), join(directory, 'copy.nut')];
      await writeFile(joined, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
      const { facts } = await inspectLocal(joined, copy);
      const [frameCount, seconds] = [50 * parts.length, 2 * parts.length];
      expect(facts.video).toMatchObject({ frameCount, frameRate: { num: 25, den: 1 }, variableFrameRate: false });
      expect(facts.video.durationSeconds).toBeCloseTo(seconds, 6);
      expect(facts.warnings).toEqual([
        { code: 'times_repaired', message: expect.any(String), at: expect.closeTo(2, 1) },
      ]);
      expect(picturesOf(copy)).toEqual(Array.from({ length: frameCount }, (_unused, frame) => (frame % 50) % 40));
      // The sound of each part begins as long after its pictures as that of the first.
      const sound = packetTimes(copy, '1').map((ticks) => ticks / 48_000);
      expect(sound.at(-1)).toBeCloseTo((sound[0] ?? 0) + seconds - 1024 / 48_000, 1);
    }),
  );

  test('a clock that wraps after 26.5 hours goes on', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.ts');
      makeSource(path, '25', 3, '-c:a', 'aac', '-output_ts_offset', '95442');
      const facts = await probeSource(path);
      expect(facts.video).toMatchObject({ frameCount: 75, variableFrameRate: false });
      expect(facts.warnings).toEqual([]);
    }));

  test('a start in mid-GOP: the film begins with the first key frame', () =>
    withTempDirectory(async (directory) => {
      const [path, cut] = [join(directory, 'a.ts'), join(directory, 'cut.ts')];
      makeSource(path, '25', 6, '-g', '50', '-c:a', 'aac');
      const bytes = await readFile(path);
      // Behind the tables and the first key frame.
      const from = 188 * Math.ceil(bytes.length / 188 / 20);
      await writeFile(cut, Buffer.concat([bytes.subarray(0, 188 * 3), bytes.subarray(from)]));
      const facts = await probeSource(cut);
      expect(codes(facts)).toEqual(['start_undecodable']);
      expect(facts.video.frameCount).toBe(100);
      expect(facts.video.leadSeconds).toBeUndefined();
    }));

  test('the shape of the samples alone changes, and the copy leaves it to the pictures', () =>
    withTempDirectory(async (directory) => {
      const parts = ['4/3', '1/1'].map((shape, index) => {
        const path = join(directory, `${index}.ts`);
        const filters = ['-vf', `setsar=${shape}`, '-c:v', 'mpeg2video', '-bf', '0'];
        makeSource(path, '25', 1, ...filters, '-an', '-output_ts_offset', String(1.04 * index));
        return path;
      });
      const joined = join(directory, 'joined.ts');
      await writeFile(joined, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
      const { video, warnings } = await probeSource(joined);
      expect(video).toMatchObject({ sizeChanges: true, sampleAspectRatio: { num: 4, den: 3 } });
      expect(warnings.map(({ code }) => code)).toContain('size_changes');
    }));

  test('parts that overlap, with two key frames at one time', () =>
    withTempDirectory(async (directory) => {
      const parts = [0, 1].map((begin) => {
        const path = join(directory, `${begin}.ts`);
        makeSource(path, '25', 1, '-c:v', 'mpeg2video', '-c:a', 'mp2', '-output_ts_offset', String(begin));
        return path;
      });
      const joined = join(directory, 'joined.ts');
      await writeFile(joined, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
      const { video, warnings } = await probeSource(joined);
      expect(video.frameCount).toBe(50);
      expect(warnings.map(({ code }) => code)).toEqual(['frames_dropped']);
    }));

  test('sound that begins after the header was read', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.ts');
      const sound = ['-itsoffset', '15', '-f', 'lavfi', '-i', 'anoisesrc=d=2:r=48000'];
      ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=17', ...sound, '-c:v', 'libx264', '-c:a', 'aac', path);
      const { audio, video } = await probeSource(path);
      expect(audio).toMatchObject([{ streamIndex: 1, channels: 1, sampleRate: 48_000 }]);
      expect(audio[0]?.startSeconds).toBeCloseTo(15 + (video.startTicks * video.timeBase.num) / video.timeBase.den, 1);
    }));

  test('scrambled', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.ts');
      makeSource(path, '25', 1, '-c:a', 'aac');
      const bytes = await readFile(path);
      for (let at = 0; at < bytes.length; at += 188) {
        const pid = bytes.readUInt16BE(at + 1) & 0x1fff;
        bytes.writeUInt8((bytes[at + 3] ?? 0) | (pid >= 0x100 && pid < 0x1000 ? 0x80 : 0), at + 3);
      }
      await writeFile(path, bytes);
      await expect(probeSource(path)).rejects.toMatchObject({ code: 'source_encrypted' });
    }));
});

describe('AVI', () => {
  test.each([
    ['copied', ['libmp3lame', '48000']],
    ['decoded for the copy, as ffmpeg would spoil it', ['mp2', '44100']],
  ])('B-frames get their times, and sound that is %s begins with the first', (_, [codec = '', rate = '']) =>
    withTempDirectory(async (directory) => {
      const [path, copy] = [join(directory, 'a.avi'), join(directory, 'copy.nut')];
      makeSource(path, '25', 2, '-c:v', 'mpeg4', '-q:v', '2', '-c:a', codec, '-ar', rate);
      const { facts } = await inspectLocal(path, copy);
      expect(facts).toMatchObject({
        container: 'avi',
        warnings: [],
        video: { frameCount: 50, variableFrameRate: false },
      });
      expect(picturesOf(copy)).toEqual(Array.from({ length: 50 }, (_unused, frame) => frame % 40));
      const begin = (facts.video.startTicks * facts.video.timeBase.num) / facts.video.timeBase.den;
      expect(facts.audio[0]?.startSeconds).toBeCloseTo(begin, 3);
    }),
  );
});

describe('sound outside the picture', () => {
  test.each([
    ['MP4', 'mp4', 'aac'],
    ['Matroska', 'mkv', 'aac'],
    ['transport stream', 'ts', 'mp2'],
  ])('%s: the first and the last picture are held', (_, extension, codec) =>
    withTempDirectory(async (directory) => {
      const path = join(directory, `a.${extension}`);
      const inputs = [
        '-itsoffset',
        '1',
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=64x48:r=25:d=2',
        '-f',
        'lavfi',
        '-i',
        'anoisesrc=d=5:r=48000',
      ];
      ffmpeg(...inputs, '-fps_mode', 'passthrough', '-c:v', 'libx264', '-c:a', codec, path);
      const facts = await probeSource(path);
      expect(facts.video.leadSeconds).toBeCloseTo(1, 1);
      expect(facts.video.tailSeconds).toBeCloseTo(2, 1);
      expect(facts.warnings).toEqual([
        { code: 'picture_late', message: expect.any(String), at: 0 },
        { code: 'picture_held', message: expect.any(String), at: expect.closeTo(3, 1) },
      ]);
    }),
  );

  test('more than twelve hours in all are refused', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.mkv');
      const at = (seconds: number, input: string): string[] => [
        '-itsoffset',
        String(seconds),
        '-f',
        'lavfi',
        '-i',
        input,
      ];
      const sound = 'anoisesrc=d=1:r=48000';
      const inputs = [...at(23_000, 'testsrc2=s=64x48:r=25:d=1'), ...at(0, sound), ...at(46_000, sound)];
      ffmpeg(...inputs, '-map', '0', '-map', '1', '-map', '2', '-fps_mode', 'passthrough', '-c:a', 'aac', path);
      await expect(probeSource(path)).rejects.toMatchObject({
        code: 'source_unsupported',
        message: expect.stringContaining('12.78 hours'),
      });
    }));

  test('the padding of an encoder is not held', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.mp4');
      makeSource(path, '25', 1, '-c:a', 'aac');
      const facts = await probeSource(path);
      expect(facts.video).not.toHaveProperty('leadSeconds');
      expect(facts.video).not.toHaveProperty('tailSeconds');
      expect(facts.warnings).toEqual([]);
    }));
});

describe('an MP4 that says more than it has', () => {
  test('an mdat that is declared too long, with all samples, is whole', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.mp4');
      makeSource(path, '25', 1, '-c:a', 'aac', '-movflags', '+faststart');
      const bytes = await readFile(path);
      const at = bytes.indexOf('mdat') - 4;
      bytes.writeUInt32BE(bytes.readUInt32BE(at) + 8, at);
      await writeFile(path, bytes);
      expect((await probeSource(path)).video.frameCount).toBe(25);
    }));

  test('uncompressed sound, of which the index names each sample', () =>
    withTempDirectory(async (directory) => {
      const [path, cut] = [join(directory, 'a.mov'), join(directory, 'cut.mov')];
      makeSource(path, '25', 2, '-c:a', 'pcm_s16le', '-movflags', '+faststart');
      const bytes = await readFile(path);
      // Sound lies at the end.
      await writeFile(cut, bytes.subarray(0, bytes.length - 10_000));
      await expect(probeSource(cut)).rejects.toMatchObject({ code: 'source_truncated' });
      const at = bytes.indexOf('mdat') - 4;
      bytes.writeUInt32BE(bytes.readUInt32BE(at) + 1_000_000, at);
      await writeFile(path, bytes);
      expect((await probeSource(path)).video.frameCount).toBe(50);
    }));

  test('an edit list that ends early shows a part', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.mp4');
      makeSource(path, '25', 2, '-c:a', 'aac');
      const bytes = await readFile(path);
      for (let at = bytes.indexOf('elst'); at >= 0; at = bytes.indexOf('elst', at + 1)) {
        // Milliseconds of the film.
        bytes.writeUInt32BE(1000, at + 12);
      }
      await writeFile(path, bytes);
      const { video } = await probeSource(path);
      expect(video).toMatchObject({ frameCount: 25, durationSeconds: 1 });
      expect(video).not.toHaveProperty('tailSeconds');
    }));
});

test('common encryption', () =>
  withTempDirectory(async (directory) => {
    const [path, protectedPath] = [join(directory, 'a.mp4'), join(directory, 'b.mp4')];
    makeSource(path, '25', 1);
    const key = '00112233445566778899aabbccddeeff';
    await runProcess(
      packagerBinary(),
      [
        ...[`in=${path},stream=video,output=${protectedPath}`, '--enable_raw_key_encryption', '--clear_lead', '0'],
        ...['--keys', `label=:key_id=${key}:key=${key}`, '--quiet'],
      ],
      { deadlineMs: 30_000 },
    );
    await expect(probeSource(protectedPath)).rejects.toMatchObject({ code: 'source_encrypted' });
  }));

test('a NUT file from outside is refused', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'a.nut');
    makeSource(path, '25', 1);
    const failing = probeSource(path);
    await expect(failing).rejects.toMatchObject({ code: 'source_not_media' });
    await expect(failing).rejects.not.toMatchObject({ message: expect.stringContaining('exit') });
  }));
