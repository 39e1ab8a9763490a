/** Sizes that change midway, odd sides, edges of transparency: where the picture lies in real encodes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unifySize } from '../../../encoder/picture/shape.ts';
import type { VideoFacts } from '../../../src/protocol/source-facts.ts';
import { ffmpeg, joinSegments, planOf, runChunks, trackOutputs, withTempDirectory } from '../media/media-fixtures.ts';

const TIMEOUT_MS = 60_000;

/** Codes of white and black that x264 makes of flat areas, some steps apart. */
const WHITE = 225;
const BLACK = 26;
/** Full-range black that was taken for limited is 30. */
const DARK = 20;
/** White is 235, and 255 where full range is still in it. */
const LIGHT = 242;

type Size = { width: number; height: number; sar?: string };
type Box = { left: number; right: number; top: number; bottom: number };
type Shown = Box & { darkest: number; middle: number };

/** White pictures of each size, one second each, as one transport stream. */
async function makeStream(path: string, sizes: readonly Size[], ...output: string[]): Promise<void> {
  const parts = sizes.map(({ width, height, sar = '1' }, index) => {
    const part = `${path}.${index}.ts`;
    const color = `color=white:s=${width}x${height}:r=25:d=1,format=yuv420p,setsar=${sar}`;
    const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-output_ts_offset', String(index)];
    ffmpeg('-f', 'lavfi', '-i', color, ...codec, ...output, part);
    return part;
  });
  await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
}

/** Luma of the encode's frames, and the box of what is not black in each. */
async function shownBoxes(source: string, directory: string, facts: Partial<VideoFacts>, chunkFrames: number) {
  const plan = await planOf(source);
  const { video } = plan;
  const [rendition] = video.renditions;
  const { displayWidth: width = 0, displayHeight: height = 0 } = facts;
  if (rendition === undefined) {
    throw new Error('no rendition');
  }
  // Chunks that begin after a change of size, too.
  const chunks = Array.from({ length: video.frameCount / chunkFrames }, (_, index) => {
    return { index, firstFrame: index * chunkFrames, frameCount: chunkFrames, firstNumber: index + 1 };
  });
  const changed = {
    ...{ ...plan, chunks },
    video: {
      ...{ ...video, gopFrames: chunkFrames, segmentFrames: chunkFrames },
      source: { ...video.source, sizeChanges: true as const, ...facts },
      renditions: [{ ...rendition, width, height }],
    },
  };
  const outputs = trackOutputs(await runChunks(source, changed, directory), 0);
  const joined = await joinSegments(outputs, join(directory, 'joined.mp4'));
  const raw = ffmpeg('-i', joined, '-vf', 'extractplanes=y', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-');
  const frames = Array.from({ length: raw.length / (width * height) }, (_, index) =>
    raw.subarray(index * width * height, (index + 1) * width * height),
  );
  return frames.map((frame): Shown => {
    const across = [...frame.subarray((height / 2) * width, (height / 2 + 1) * width)];
    const down = Array.from({ length: height }, (_, line) => frame[line * width + width / 2] ?? 0);
    const isWhite = (code: number): boolean => code > WHITE;
    return {
      left: across.findIndex(isWhite),
      right: across.findLastIndex(isWhite) + 1,
      top: down.findIndex(isWhite),
      bottom: down.findLastIndex(isWhite) + 1,
      darkest: Math.min(...across, ...down),
      middle: across[width / 2] ?? 0,
    };
  });
}

function expectBox(box: Shown | undefined, wanted: Box): void {
  const isWhole = (wanted.right - wanted.left) * (wanted.bottom - wanted.top) === 160 * 90;
  expect(isWhole || (box?.darkest ?? 255) <= DARK, 'bars are black').toBe(true);
  expect(box?.middle).toBeLessThanOrEqual(LIGHT);
  for (const side of ['left', 'right', 'top', 'bottom'] as const) {
    expect(Math.abs((box?.[side] ?? -1) - wanted[side]), side).toBeLessThanOrEqual(2);
  }
}

describe('a size that changes midway', { timeout: TIMEOUT_MS }, () => {
  const full = { left: 0, right: 160, top: 0, bottom: 90 };
  test.each<[string, Size[], string[], Box[]]>([
    [
      'landscape, then portrait',
      [
        { width: 160, height: 90 },
        { width: 90, height: 160 },
      ],
      [],
      [full, { left: 54, right: 106, top: 0, bottom: 90 }],
    ],
    [
      'small first, then four times as large and twice as wide',
      [
        { width: 80, height: 45 * 2 },
        { width: 320, height: 90 },
      ],
      [],
      [
        { left: 40, right: 120, top: 0, bottom: 90 },
        { left: 0, right: 160, top: 22, bottom: 67 },
      ],
    ],
    [
      'one size, another shape',
      [
        { width: 90, height: 90, sar: '16/9' },
        { width: 90, height: 90, sar: '1' },
      ],
      [],
      [full, { left: 35, right: 125, top: 0, bottom: 90 }],
    ],
    [
      'full range has no grey bars',
      [
        { width: 160, height: 90 },
        { width: 90, height: 160 },
      ],
      ['-vf', 'scale=out_range=pc', '-color_range', 'pc'],
      [full, { left: 54, right: 106, top: 0, bottom: 90 }],
    ],
    [
      'interlaced',
      [
        { width: 144, height: 96, sar: '5/3' },
        { width: 96, height: 96 },
      ],
      ['-flags', '+ilme+ildct', '-x264-params', 'tff=1'],
      [
        { left: 0, right: 160, top: 12, bottom: 90 - 12 },
        { left: 35, right: 125, top: 0, bottom: 90 },
      ],
    ],
  ])('%s', (_, sizes, output, [first, second]) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.ts');
      await makeStream(source, sizes, ...output);
      const facts = { displayWidth: 160, displayHeight: 90 };
      const boxes = await shownBoxes(source, directory, facts, 10);
      expect(boxes).toHaveLength(50);
      for (const [frames, box] of [
        [boxes.slice(0, 25), first],
        [boxes.slice(25), second],
      ] as const) {
        for (const shown of frames) {
          expectBox(shown, box ?? full);
        }
      }
    }),
  );

  test('is boxed before it is turned upright', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.ts');
      await makeStream(source, [
        { width: 160, height: 90 },
        { width: 90, height: 90 },
      ]);
      const boxes = await shownBoxes(source, directory, { displayWidth: 90, displayHeight: 160, rotation: 90 }, 10);
      expectBox(boxes[0], { left: 0, right: 90, top: 0, bottom: 160 });
      expectBox(boxes.at(-1), { left: 0, right: 90, top: 35, bottom: 125 });
    }));
});

test('fields are scaled apart, and pictures turned the way that a player turns them', () => {
  const facts: VideoFacts = {
    ...{ streamIndex: 0, codec: 'mpeg2video', codedWidth: 64, codedHeight: 96, displayWidth: 64, displayHeight: 72 },
    ...{ rotation: 0, sampleAspectRatio: { num: 1, den: 1 }, frameRate: { num: 25, den: 1 }, variableFrameRate: false },
    ...{ frameCount: 1, durationSeconds: 0.04, startTicks: 0, timeBase: { num: 1, den: 25 }, interlaced: true },
    ...{
      bitDepth: 8,
      videoRange: 'SDR',
      color: { primaries: 'unknown', transfer: 'unknown', matrix: 'bt709', range: 'tv' },
    },
    sizeChanges: true,
  };
  expect(unifySize({ ...facts, rotation: 90 })).toContain('transpose=clock');
  expect(unifySize({ ...facts, rotation: 270 })).toContain('transpose=cclock');
  // The upper field is white, the lower one black: mixed, they are grey.
  const combed =
    "color=black:s=64x96:r=25:d=0.04,format=yuv420p,geq=lum='if(mod(Y,2),16,235)':cb=128:cr=128,setfield=tff";
  const raw = ffmpeg(
    '-f',
    'lavfi',
    '-i',
    [combed, ...unifySize(facts), 'format=yuv420p', 'extractplanes=y'].join(','),
    '-f',
    'rawvideo',
    '-',
  );
  const column = Array.from({ length: 72 }, (_, line) => raw[line * 64 + 32] ?? 0);
  expect(column.filter((code, line) => code !== (line % 2 === 0 ? 235 : 16))).toEqual([]);
});

describe('odd sides', { timeout: TIMEOUT_MS }, () => {
  const PQ = ['-colorspace', 'bt2020nc', '-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-color_range', 'tv'];
  test.each<[string, number, number, string, string[]]>([
    ['HDR', 65, 47, 'yuv420p10le', PQ],
    ['HDR in 4:4:4', 65, 48, 'yuv444p10le', PQ],
    ['BT.601', 65, 47, 'yuv420p', []],
    ['BT.709', 64, 47, 'yuv420p', ['-colorspace', 'bt709']],
    ['wide SDR', 33, 47, 'yuv422p10le', ['-colorspace', 'bt2020nc', '-color_primaries', 'bt2020']],
    ['one column', 1, 64, 'yuv420p', []],
    ['one line of HDR', 64, 1, 'yuv420p10le', PQ],
    ['one pixel', 1, 1, 'yuv444p', []],
  ])('%s', (_, width, height, format, tags) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      const input = `color=0xc0c0c0:s=64x64:r=25:d=0.2,format=gbrp,scale=${width}:${height},format=${format}`;
      ffmpeg('-f', 'lavfi', '-i', input, '-c:v', 'ffv1', ...tags, source);
      const plan = await planOf(source);
      const outputs = trackOutputs(await runChunks(source, plan, directory), 0);
      const joined = await joinSegments(outputs, join(directory, 'joined.mp4'));
      const raw = ffmpeg('-i', joined, '-vf', 'extractplanes=y', '-frames:v', '1', '-f', 'rawvideo', '-');
      const [rendition] = plan.video.renditions;
      expect(raw).toHaveLength((rendition?.width ?? 0) * (rendition?.height ?? 0));
      // Flat to the last column and line.
      expect(Math.max(...raw) - Math.min(...raw)).toBeLessThanOrEqual(2);
      expect(Math.min(...raw)).toBeGreaterThan(BLACK);
    }),
  );
});

test(
  'transparency of VP9 and of an edge: hidden colour does not show, and no edge glows',
  { timeout: TIMEOUT_MS },
  () =>
    withTempDirectory(async (directory) => {
      // Green where it is seen, in the left half. White hides in the right one.
      const picture =
        "color=black:s=64x48:r=25:d=0.2,format=yuva420p,geq=lum='if(lt(X,32),120,235)':cb=128:cr=128:a='if(lt(X,32),255,0)'";
      const codecs = {
        'source.webm': ['-c:v', 'libvpx-vp9', '-auto-alt-ref', '0', '-crf', '10', '-b:v', '0'],
        'source.mov': ['-c:v', 'prores_ks'],
      };
      for (const [name, codec] of Object.entries(codecs)) {
        const source = join(directory, name);
        const format = name.endsWith('mov') ? ['-pix_fmt', 'yuva444p10le'] : ['-pix_fmt', 'yuva420p'];
        ffmpeg('-f', 'lavfi', '-i', picture, ...codec, ...format, source);
        const plan = await planOf(source);
        plan.video.source.alpha = true;
        const work = join(directory, `${name}-work`);
        await mkdir(work);
        const outputs = trackOutputs(await runChunks(source, plan, work), 0);
        const joined = await joinSegments(outputs, join(directory, 'joined.mp4'));
        const raw = ffmpeg('-i', joined, '-vf', 'extractplanes=y', '-frames:v', '1', '-f', 'rawvideo', '-');
        const line = [...raw.subarray(24 * 64, 25 * 64)];
        expect(Math.abs((line[16] ?? 0) - 120)).toBeLessThanOrEqual(3);
        expect(Math.max(...line)).toBeLessThanOrEqual(130);
        expect(Math.max(...line.slice(36))).toBeLessThanOrEqual(BLACK);
      }
    }),
);
