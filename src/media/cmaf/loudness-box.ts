/** Tells the loudness of a track in its CMAF header (ISO/IEC 14496-12 12.2.7, values by ISO/IEC 23003-4; HAS 2.19, 2.23). Pure. */
import { type Box, BoxReader, CmafError, findBox, requireBox } from '../boxes/boxes.ts';

/** Null: silence, of which there is nothing to tell. */
type Measured = { integratedLufs: number | null; truePeakDbtp: number | null };

/** Whole units; the bounds of a field are those of what it can say. */
const codeOf = (value: number, most: number): number => Math.max(1, Math.min(most, Math.round(value)));

const EBU_R128 = 1;
const BS_1770 = 2;
/** The highest: measured, and accurate. */
const MEASURED = 3;
const PROGRAM_LOUDNESS = 1;

function box(type: string, ...content: number[]): number[] {
  const size = 8 + content.length;
  return [0, 0, size >>> 8, size & 255, ...new TextEncoder().encode(type), ...content];
}

function loudnessBoxes(integratedLufs: number, truePeakDbtp: number): number[] {
  // Levels of peaks have twelve bits, in 1/32 dB below 20 dB. 0 says nothing, as for the peak of samples here.
  const peak = codeOf((20 - truePeakDbtp) * 32, 0xfff);
  const loudness = codeOf((integratedLufs + 57.75) * 4, 0xff);
  const fields = [
    // Version 0, no flags; no downmix and no dynamic range compression are meant.
    ...[0, 0, 0, 0, 0, 0],
    ...[0, peak >>> 8, peak & 255, (BS_1770 << 4) | MEASURED],
    ...[1, PROGRAM_LOUDNESS, loudness, (EBU_R128 << 4) | MEASURED],
  ];
  return box('udta', ...box('ludt', ...box('tlou', ...fields)));
}

function grow(bytes: Uint8Array, { start, end, contentStart }: Box, by: number): void {
  if (contentStart - start !== 8) {
    throw new CmafError('unsupported', 'a box with a 64-bit size in the init segment');
  }
  new DataView(bytes.buffer).setUint32(start, end - start + by);
}

/** A copy of an init segment of sound that tells it. As it is for silence, and where its track already has user data. */
export function withLoudness(bytes: Uint8Array, { integratedLufs, truePeakDbtp }: Measured): Uint8Array {
  const reader = new BoxReader(bytes);
  const moov = requireBox(reader.boxes(), 'moov');
  const trak = requireBox(reader.children(moov), 'trak');
  if (integratedLufs === null || truePeakDbtp === null || findBox(reader.children(trak), 'udta') !== undefined) {
    return bytes;
  }
  const added = loudnessBoxes(integratedLufs, truePeakDbtp);
  const grown = new Uint8Array(bytes.byteLength + added.length);
  grown.set(bytes.subarray(0, trak.end));
  grown.set(added, trak.end);
  grown.set(bytes.subarray(trak.end), trak.end + added.length);
  grow(grown, moov, added.length);
  grow(grown, trak, added.length);
  return grown;
}
