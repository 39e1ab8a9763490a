import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeSource } from '../../../bench/frames/inspect-local.ts';
import { countSampleEntries } from '../../../encoder/inspect/movie-boxes.ts';
import { describeChanges } from '../../../encoder/inspect/picture-changes.ts';
import { ffmpeg, makeSource, withTempDirectory } from '../media/media-fixtures.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '12', '-pix_fmt', 'yuv420p'];

function makePart(path: string, size: string, ...more: string[]): string {
  ffmpeg('-f', 'lavfi', '-i', `testsrc2=s=${size}:r=24:d=2`, ...X264, ...more, path);
  return path;
}

/** Two streams of MPEG-TS joined as a recorder does it. */
async function joinedTs(directory: string, first: string[], second: string[]): Promise<string> {
  const parts = [
    makePart(join(directory, 'a.ts'), first[0] ?? '', ...first.slice(1)),
    makePart(join(directory, 'b.ts'), second[0] ?? '', ...second.slice(1), '-output_ts_offset', '2'),
  ];
  const path = join(directory, 'joined.ts');
  await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  return path;
}

/** Without encoding: the MP4 muxer writes one sample entry, the Matroska muxer one header. */
async function joinedAs(path: string, directory: string): Promise<string> {
  ffmpeg('-i', await joinedTs(directory, ['160x90'], ['64x64']), '-c', 'copy', path);
  return path;
}

const warningsOf = (facts: { warnings: readonly { code: string; at?: number | undefined }[] }) =>
  facts.warnings.map(({ code, at }) => [code, at === undefined ? undefined : Math.round(at)]);

describe('a picture that changes', () => {
  test('in size, in a transport stream', () =>
    withTempDirectory(async (directory) => {
      const facts = await probeSource(await joinedTs(directory, ['64x64'], ['160x90']));
      const size = { codedWidth: 160, codedHeight: 90, displayWidth: 160, displayHeight: 160 };
      expect(facts.video).toMatchObject({ sizeChanges: true, ...size });
      expect(warningsOf(facts)).toEqual([['size_changes', 2]]);
    }));

  test('in shape alone', () =>
    withTempDirectory(async (directory) => {
      const narrow = ['160x90', '-aspect', '4:3'];
      const facts = await probeSource(await joinedTs(directory, ['160x90'], narrow));
      expect(facts.video).toMatchObject({ sizeChanges: true, displayWidth: 213, displayHeight: 120 });
    }));

  test('to two fields', () =>
    withTempDirectory(async (directory) => {
      const fields = ['64x64', '-flags', '+ilme+ildct', '-x264-params', 'tff=1'];
      const facts = await probeSource(await joinedTs(directory, ['64x64'], fields));
      expect(facts.video.interlaced).toBe(true);
      expect(facts.video.sizeChanges).toBeUndefined();
      expect(warningsOf(facts)).toEqual([['deinterlaced', 2]]);
    }));

  test.each(['joined.mp4', 'joined.mkv'])('in %s, whose header does not tell', (name) =>
    withTempDirectory(async (directory) => {
      const facts = await probeSource(await joinedAs(join(directory, name), directory));
      expect(facts.video).toMatchObject({ sizeChanges: true, displayWidth: 160, displayHeight: 90 });
    }),
  );

  test('is not found in a film that stays as it is', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'source.mp4');
      makeSource(path, '25', 2);
      const facts = await probeSource(path);
      expect(facts.video.sizeChanges).toBeUndefined();
      expect(facts.warnings).toEqual([]);
      expect(await countSampleEntries(path)).toBe(1);
    }));
});

test('the peak of HDR is found in the stream, where the container has none', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'hdr.ts');
    const hdr = 'log-level=error:hdr10=1:max-cll=812,300:master-display=G(1,1)B(1,1)R(1,1)WP(1,1)L(10000000,1)';
    const tags = ['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'];
    const codec = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-x265-params', hdr];
    ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=24:d=1', ...codec, ...tags, path);
    const facts = await probeSource(path);
    expect(facts.video).toMatchObject({ videoRange: 'PQ', peakNits: 812 });
    expect(warningsOf(facts)).toEqual([['hdr_to_sdr', undefined]]);
  }));

test('sample entries are counted in long boxes, and in none of another format', () =>
  withTempDirectory(async (directory) => {
    const box = (type: string, ...content: Buffer[]): Buffer => {
      const body = Buffer.concat(content);
      const head = Buffer.alloc(16);
      head.writeUInt32BE(1);
      head.write(type, 4, 'latin1');
      head.writeBigUInt64BE(BigInt(16 + body.length), 8);
      return Buffer.concat([head, body]);
    };
    const track = (entries: number): Buffer => {
      const list = box('stsd', Buffer.from([0, 0, 0, 0, 0, 0, 0, entries]));
      return box('trak', box('tkhd'), box('mdia', box('minf', box('stbl', list))));
    };
    const path = join(directory, 'source');
    await writeFile(path, Buffer.concat([box('ftyp'), box('moov', box('mvhd'), track(1), track(3), track(2))]));
    expect(await countSampleEntries(path)).toBe(3);
    for (const content of ['', 'x', 'no boxes are here, but text', Buffer.alloc(100)]) {
      await writeFile(path, content);
      expect(await countSampleEntries(path)).toBe(0);
    }
  }));

describe('the shape of a film whose pictures differ', () => {
  const shape = (width: number, height: number, num = 1, den = 1) => ({
    width,
    height,
    sampleAspectRatio: { num, den },
    ticks: 0,
  });
  test.each([
    ['landscape, then portrait of the same size', [shape(320, 180), shape(180, 320)], 0, [320, 180, 320, 180]],
    ['portrait first', [shape(180, 320), shape(320, 180)], 0, [180, 320, 180, 320]],
    ['larger later', [shape(1280, 720), shape(1920, 1080)], 0, [1920, 1080, 1920, 1080]],
    ['smaller later', [shape(1920, 1080), shape(640, 480)], 0, [1920, 1080, 1920, 1080]],
    ['wide in narrow', [shape(640, 480), shape(1920, 1080)], 0, [1920, 1080, 1920, 1440]],
    ['DVB', [shape(720, 576, 64, 45), shape(544, 576, 32, 17)], 0, [720, 576, 1024, 576]],
    ['sideways', [shape(640, 360), shape(1280, 720)], 90, [1280, 720, 720, 1280]],
    ['beyond what can be encoded', [shape(8000, 16), shape(100, 8000)], 0, [100, 8000, 8192, 16]],
  ] as const)('%s', (_, shapes, rotation, [codedWidth, codedHeight, displayWidth, displayHeight]) => {
    const expected = { sizeChanges: true, codedWidth, codedHeight, displayWidth, displayHeight };
    expect(describeChanges({ shapes: [...shapes] }, rotation)).toMatchObject(expected);
  });

  test('is not told where they are alike', () => {
    expect(describeChanges({ shapes: [shape(320, 180)] }, 0)).toEqual({});
    expect(describeChanges({ shapes: [] }, 0)).toEqual({});
  });
});
