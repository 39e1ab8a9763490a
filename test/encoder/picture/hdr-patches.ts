/** HDR pictures of flat patches, and what the encoder makes of each. Its formulas are written anew from the recommendations. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VideoFacts } from '../../../src/protocol/source-facts.ts';
import { ffmpeg, joinSegments, planOf, runChunks, trackOutputs } from '../media/media-fixtures.ts';

export type Rgb = [number, number, number];
export const grey = (value: number): Rgb => [value, value, value];

const COLUMNS = 8;
const PATCH = { width: 40, height: 36 };
const SIZE = { width: 320, height: 180 };
/** What the edges of a patch do not reach. */
const MARGIN = 10;
const FRAMES = 5;

/** Y'CbCr in limited range of `bits` bits, as BT.2020 has it for non-constant luminance. */
function yuvOf([red, green, blue]: Rgb, bits: number): Rgb {
  const unit = 2 ** (bits - 8);
  const luma = 0.2627 * red + 0.678 * green + 0.0593 * blue;
  return [
    Math.round(unit * (16 + 219 * luma)),
    Math.round(unit * (128 + (224 * (blue - luma)) / 1.8814)),
    Math.round(unit * (128 + (224 * (red - luma)) / 1.4746)),
  ];
}

/** The codes that a decoder of the source gets: those of `rgb`, rounded to `bits` bits. */
export function decodedCodes(rgb: Rgb, bits: number): Rgb {
  const [y, u, v] = yuvOf(rgb, bits);
  const unit = 2 ** (bits - 8);
  const luma = (y / unit - 16) / 219;
  const blue = luma + (1.8814 * (u / unit - 128)) / 224;
  const red = luma + (1.4746 * (v / unit - 128)) / 224;
  return [red, (luma - 0.2627 * red - 0.0593 * blue) / 0.678, blue];
}

/** One raw frame, 4:4:4. */
function rawFrame(patches: readonly Rgb[], bits: number): Buffer {
  const { width, height } = SIZE;
  const bytes = bits > 8 ? 2 : 1;
  const frame = Buffer.alloc(width * height * 3 * bytes);
  for (let at = 0; at < width * height; at++) {
    const index = Math.floor((at % width) / PATCH.width) + COLUMNS * Math.floor(at / width / PATCH.height);
    yuvOf(patches[index] ?? grey(0), bits).forEach((code, plane) => {
      const offset = (plane * width * height + at) * bytes;
      bits > 8 ? frame.writeUInt16LE(code, offset) : frame.writeUInt8(code, offset);
    });
  }
  return frame;
}

const TAGS = {
  PQ: ['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc', '-color_range', 'tv'],
  HLG: ['-color_primaries', 'bt2020', '-color_trc', 'arib-std-b67', '-colorspace', 'bt2020nc', '-color_range', 'tv'],
};

export type HdrSource = { range: keyof typeof TAGS; bits: number; output: readonly string[] };

/** A lossless source of the patches' R'G'B' codes. */
export function makePatches(path: string, patches: readonly Rgb[], { range, bits, output }: HdrSource): void {
  const raw = `${path}.raw`;
  writeFileSync(raw, rawFrame(patches, bits));
  ffmpeg(
    ...['-f', 'rawvideo', '-pix_fmt', bits > 8 ? `yuv444p${bits}le` : 'yuv444p', '-r', '25'],
    ...['-s', `${SIZE.width}x${SIZE.height}`, '-stream_loop', String(FRAMES - 1), '-i', raw],
    ...['-c:v', 'ffv1', ...TAGS[range], ...output, path],
  );
}

/** The mean Y'CbCr codes of the middle of each patch, after the whole encode. */
export async function encodedPatches(
  source: string,
  directory: string,
  facts: Partial<VideoFacts> = {},
): Promise<Rgb[]> {
  const plan = await planOf(source);
  Object.assign(plan.video.source, facts);
  plan.video.renditions = plan.video.renditions.slice(-1).map((rendition) => ({ ...rendition, ...SIZE, crf: 10 }));
  const outputs = trackOutputs(await runChunks(source, plan, directory), 0);
  const joined = await joinSegments(outputs, join(directory, 'joined.mp4'));
  const { width, height } = SIZE;
  const frame = ffmpeg(
    '-i',
    joined,
    '-frames:v',
    '1',
    '-vf',
    'scale=flags=neighbor,format=yuv444p',
    '-f',
    'rawvideo',
    '-',
  );
  return Array.from({ length: COLUMNS * Math.floor(height / PATCH.height) }, (_, index) => {
    const left = (index % COLUMNS) * PATCH.width + MARGIN;
    const top = Math.floor(index / COLUMNS) * PATCH.height + MARGIN;
    const sums: Rgb = [0, 0, 0];
    const [columns, rows] = [PATCH.width - 2 * MARGIN, PATCH.height - 2 * MARGIN];
    for (let at = 0; at < columns * rows; at++) {
      const offset = (top + Math.floor(at / columns)) * width + left + (at % columns);
      sums.forEach((sum, plane) => {
        sums[plane] = sum + (frame[plane * width * height + offset] ?? 0) / (columns * rows);
      });
    }
    return sums;
  });
}
