/** What an H.264 sequence parameter set says of the picture (ISO/IEC 14496-10 7.3.2.1.1, E.1.1). Pure. */
import { BitReader, withoutEmulationPrevention } from './bits.ts';
import { damaged } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';

/** Baseline, Main and High: what browsers decode in hardware. */
const PROFILES = new Set([66, 77, 100]);
const HIGH = 100;
/** 5.2, the highest of Apple's players (HAS 1.3). */
const MAX_LEVEL = 52;
/** Table A-1, MaxFS of level 5.2, in macroblocks. */
const MAX_FRAME_MACROBLOCKS = 36_864;
/** E.2.1: 255 cycles at most. */
const MAX_REFERENCE_CYCLES = 255;
const SCALING_LISTS = 8;
const EXTENDED_RATIO = 255;
/** Table E-1: sample aspect ratios 1 to 16. */
const RATIOS = '1:1 12:11 10:11 16:11 40:33 24:11 20:11 32:11 80:33 18:11 15:11 64:33 160:99 4:3 3:2 2:1'
  .split(' ')
  .map((text) => text.split(':').map(Number));

/** Table E-3. */
const SMPTE_2084 = 16;
const HLG = 18;
/** Table E-5: what players know; others are shown in wrong colours. BT.709, unspecified, FCC, BT.470BG, SMPTE 170M and 240M, BT.2020. */
const MATRICES = new Set([1, 2, 4, 5, 6, 7, 9]);

export type Sampling = { horizontal: number; vertical: number };
export type SequenceParameterSet = {
  /** Profile, constraints and level, as in a codec string. */
  profile: Uint8Array;
  width: number;
  height: number;
  /** Null: not said. */
  sampling: Sampling | null;
};

/** Codes of ISO/IEC 23001-8, which a colr box has too. Throws NotStandard for what players show wrongly. */
export function requirePlainColours(transfer: number, matrix: number): void {
  if (transfer === SMPTE_2084 || transfer === HLG) {
    throw new NotStandard('video_hdr', `transfer characteristics ${transfer}`);
  }
  if (!MATRICES.has(matrix)) {
    throw new NotStandard('video_codec', `matrix coefficients ${matrix}`);
  }
}

/** 7.3.2.1.1.1. */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size && next !== 0; index++) {
    next = (last + bits.signed() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

/** The fields that High has and the others have not. */
function readHigh(bits: BitReader): void {
  const chromaFormat = bits.unsigned();
  const [luma, chroma] = [8 + bits.unsigned(), 8 + bits.unsigned()];
  if (chromaFormat !== 1 || luma !== 8 || chroma !== 8) {
    throw new NotStandard('video_codec', `chroma format ${chromaFormat}, ${luma} and ${chroma} bits`);
  }
  bits.bit();
  if (bits.flag()) {
    for (let list = 0; list < SCALING_LISTS; list++) {
      if (bits.flag()) {
        skipScalingList(bits, list < 6 ? 16 : 64);
      }
    }
  }
}

function skipPictureOrder(bits: BitReader): void {
  bits.unsigned();
  const type = bits.unsigned();
  if (type === 0) {
    bits.unsigned();
  } else if (type === 1) {
    bits.bit();
    bits.signed();
    bits.signed();
    const cycles = bits.unsigned();
    if (cycles > MAX_REFERENCE_CYCLES) {
      throw damaged(`${cycles} reference frames in a cycle of picture order counts`);
    }
    for (let cycle = 0; cycle < cycles; cycle++) {
      bits.signed();
    }
  } else if (type !== 2) {
    throw damaged(`picture order count type ${type}`);
  }
}

function readSize(bits: BitReader): { width: number; height: number } {
  // max_num_ref_frames, gaps_in_frame_num_value_allowed_flag.
  bits.unsigned();
  bits.bit();
  const [columns, rows] = [bits.unsigned() + 1, bits.unsigned() + 1];
  if (!bits.flag()) {
    throw new NotStandard('video_interlaced', 'frame_mbs_only_flag 0');
  }
  bits.bit();
  if (columns * rows > MAX_FRAME_MACROBLOCKS) {
    throw new NotStandard('video_size', `${columns} × ${rows} macroblocks`);
  }
  const crop = bits.flag() ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  // 7.4.2.1.1: units of two samples in 4:2:0 frames.
  const [width, height] = [16 * columns - 2 * (left + right), 16 * rows - 2 * (top + bottom)];
  if (width < 2 || height < 2) {
    throw damaged('nothing is left of the picture');
  }
  return { width, height };
}

/** VUI. Colours are checked. */
function readSampling(bits: BitReader): Sampling | null {
  let sampling: Sampling | null = null;
  if (bits.flag()) {
    const ratio = bits.bits(8);
    const [horizontal = 0, vertical = 0] =
      ratio === EXTENDED_RATIO ? [bits.bits(16), bits.bits(16)] : (RATIOS[ratio - 1] ?? []);
    sampling = horizontal > 0 && vertical > 0 ? { horizontal, vertical } : null;
  }
  if (bits.flag()) {
    bits.bit();
  }
  // video_signal_type_present_flag, video_format, video_full_range_flag, colour_description_present_flag.
  if (bits.flag() && bits.bits(5) % 2 === 1) {
    bits.bits(8);
    requirePlainColours(bits.bits(8), bits.bits(8));
  }
  return sampling;
}

/** `unit`: with its header. Throws NotStandard for what is not standard. */
export function readSequenceParameterSet(unit: Uint8Array): SequenceParameterSet {
  const payload = withoutEmulationPrevention(unit.subarray(1));
  const bits = new BitReader(payload);
  const [profile, , level] = [bits.bits(8), bits.bits(8), bits.bits(8)];
  if (!PROFILES.has(profile) || level === 0 || level > MAX_LEVEL) {
    throw new NotStandard('video_codec', `profile ${profile}, level ${level}`);
  }
  bits.unsigned();
  if (profile === HIGH) {
    readHigh(bits);
  }
  skipPictureOrder(bits);
  const size = readSize(bits);
  return { profile: payload.slice(0, 3), ...size, sampling: bits.flag() ? readSampling(bits) : null };
}

/** 7.3.2.2: slices in any order (FMO), which Baseline allows and no browser decodes. */
export function requireOneSliceGroup(pictureSet: Uint8Array): void {
  const bits = new BitReader(withoutEmulationPrevention(pictureSet.subarray(1)));
  bits.unsigned();
  bits.unsigned();
  bits.bits(2);
  if (bits.unsigned() > 0) {
    throw new NotStandard('video_codec', 'slice groups');
  }
}
