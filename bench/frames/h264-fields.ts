/**
 * H.264 with numbered pictures that are coded as two fields (PAFF), which x264 cannot write. Every macroblock is I_PCM, so
 * that no more of the standard (ITU-T H.264 7.3) is needed than the headers. Pure.
 */
import { drawNumber } from './numbered-picture.ts';

const SIDE_BLOCKS = 8;
const BLOCK = 16;
/** A macroblock of one grey: 256 samples of luma, 2 × 64 of chroma. */
const CHROMA = new Array<number>(128).fill(128);
const I_PCM = 25;
/** Table 7-14: intra macroblocks of B slices are numbered from here. */
const FIRST_INTRA_OF_B = 23;
const ALL_B_SLICES = 6;
const ALL_I_SLICES = 7;

class BitWriter {
  private readonly bits: number[] = [];

  u(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.bits.push(Math.floor(value / 2 ** bit) % 2);
    }
    return this;
  }

  ue(value: number): this {
    const length = (value + 1).toString(2).length;
    return this.u(0, length - 1).u(value + 1, length);
  }

  align(): this {
    while (this.bits.length % 8 !== 0) {
      this.bits.push(0);
    }
    return this;
  }

  bytes(values: readonly number[]): this {
    for (const value of values) {
      this.u(value, 8);
    }
    return this;
  }

  rbsp(): number[] {
    this.bits.push(1);
    this.align();
    return Array.from({ length: this.bits.length / 8 }, (_, byte) =>
      this.bits.slice(8 * byte, 8 * byte + 8).reduce((value, bit) => 2 * value + bit, 0),
    );
  }
}

/** With emulation prevention (7.3.1). */
function nal(refIdc: number, type: number, rbsp: readonly number[]): number[] {
  const out = [0, 0, 0, 1, (refIdc << 5) | type];
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out;
}

/** Main profile, level 3, 128 × 128, 50 fields per second; frame numbers and picture order counts of 8 bits. */
function sequenceParameters(): number[] {
  const sps = new BitWriter().u(77, 8).u(0, 8).u(30, 8).ue(0).ue(4).ue(0).ue(4).ue(2).u(0, 1);
  sps.ue(SIDE_BLOCKS - 1).ue(SIDE_BLOCKS / 2 - 1);
  // Fields allowed, no MBAFF, direct 8×8, no cropping. VUI: only the clock and how far pictures are reordered.
  sps.u(0, 1).u(0, 1).u(1, 1).u(0, 1).u(1, 1);
  sps.u(0, 4).u(1, 1).u(1, 32).u(50, 32).u(1, 1).u(0, 2).u(0, 1);
  sps.u(1, 1).u(1, 1).ue(0).ue(0).ue(8).ue(8).ue(1).ue(2);
  return nal(3, 7, sps.rbsp());
}

const pictureParameters = (): number[] =>
  nal(3, 8, new BitWriter().ue(0).ue(0).u(0, 2).ue(0).ue(0).ue(0).u(0, 3).ue(0).ue(0).ue(0).u(0, 3).rbsp());

const DELIMITER = nal(0, 9, [0xf0]);

type Slice = { number: number; frameNum: number; order: number; isIdr: boolean; isB: boolean };

/** `field`: null for a frame, 0 for the top field, 1 for the bottom field. */
function slice({ number, frameNum, order, isIdr, isB }: Slice, field: 0 | 1 | null): number[] {
  const writer = new BitWriter()
    .ue(0)
    .ue(isB ? ALL_B_SLICES : ALL_I_SLICES)
    .ue(0)
    .u(frameNum % 256, 8);
  writer.u(field === null ? 0 : 1, 1);
  if (field !== null) {
    writer.u(field, 1);
  }
  if (isIdr) {
    writer.ue(0);
  }
  writer.u((2 * order + (field ?? 0)) % 256, 8);
  if (isB) {
    // Direct prediction and the default reference lists.
    writer.u(1, 1).u(0, 1).u(0, 1).u(0, 1);
  } else {
    writer.u(0, isIdr ? 2 : 1);
  }
  writer.ue(0);
  const picture = drawNumber(number, 0);
  const rows = field === null ? SIDE_BLOCKS : SIDE_BLOCKS / 2;
  for (let block = 0; block < rows * SIDE_BLOCKS; block++) {
    const row = Math.floor(block / SIDE_BLOCKS);
    // 16 × 16 drawn samples, two to a macroblock; a macroblock of a field covers twice the height.
    const drawnRow = (16 * row) / rows;
    const grey = (picture[drawnRow * 16 + 2 * (block % SIDE_BLOCKS)] ?? 0) > 127 ? 235 : 16;
    if (isB) {
      writer.ue(0);
    }
    writer.ue(I_PCM + (isB ? FIRST_INTRA_OF_B : 0)).align();
    writer.bytes(new Array<number>(BLOCK * BLOCK).fill(grey)).bytes(CHROMA);
  }
  return nal(isB ? 0 : 3, isIdr ? 5 : 1, writer.rbsp());
}

const GOP_FRAMES = 25;

/**
 * `isFrame`: pictures that are coded as frames, not as two fields. With `bFrames`, every second picture is a B picture, coded
 * after the one that follows it: the order in the file is 0 2 1 4 3 …
 */
export function fieldCodedStream(
  count: number,
  options: { isFrame?: (number: number) => boolean; bFrames?: boolean } = {},
): Buffer {
  const { isFrame = () => false, bFrames = false } = options;
  const out: number[][] = [];
  let frameNum = 0;
  for (const number of codedOrder(count, bFrames)) {
    const inGop = number % GOP_FRAMES;
    const isIdr = inGop === 0;
    frameNum = isIdr ? 0 : frameNum;
    const isB = bFrames && inGop % 2 === 1 && inGop !== GOP_FRAMES - 1 && number !== count - 1;
    const about = { number, frameNum, order: inGop, isB };
    const head = isIdr ? [sequenceParameters(), pictureParameters()] : [];
    if (isFrame(number)) {
      out.push(DELIMITER, ...head, slice({ ...about, isIdr }, null));
    } else {
      out.push(DELIMITER, ...head, slice({ ...about, isIdr }, 0), DELIMITER, slice({ ...about, isIdr: false }, 1));
    }
    frameNum += isB ? 0 : 1;
  }
  return Buffer.concat(out.map((part) => Buffer.from(part)));
}

/** The numbers in the order of the file. */
export function codedOrder(count: number, bFrames: boolean): number[] {
  const order = Array.from({ length: count }, (_, number) => number);
  for (let number = 1; bFrames && number < count - 1; number++) {
    const inGop = number % GOP_FRAMES;
    if (inGop % 2 === 1 && inGop !== GOP_FRAMES - 1) {
      [order[number], order[number + 1]] = [number + 1, number];
    }
  }
  return order;
}
