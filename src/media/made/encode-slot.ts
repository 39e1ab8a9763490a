/**
 * Writes a slot of `source.idx`; slot.ts reads it. Numbers are varints: format, number of the segment, then the picture and
 * the sound. Times are stored as multiples of their greatest common divisor, and most of them take one byte so.
 */
import type { SegmentSamples } from './segment-samples.ts';
import { VarintWriter } from './varint.ts';

/** Goes up with the layout, so that a release can tell what another has stored. */
export const SLOT_FORMAT = 1;

/** Of all values and `divisor`, of which most are multiples of what is known so far. */
function commonDivisor(divisor: number, values: readonly number[]): number {
  let common = divisor;
  let last = 0;
  for (const value of values) {
    if (value !== last && value % common !== 0) {
      let rest = Math.abs(value);
      while (rest !== 0) {
        const next = common % rest;
        common = rest;
        rest = next;
      }
    }
    last = value;
  }
  return common;
}

/** `[count, value]` of equal neighbours. */
function writeRuns(writer: VarintWriter, values: readonly number[], unit: number): void {
  for (let start = 0; start < values.length; ) {
    let end = start + 1;
    while (end < values.length && values[end] === values[start]) {
      end += 1;
    }
    writer.write(end - start);
    writer.write((values[start] ?? 0) / unit);
    start = end;
  }
}

function writePictureFields(writer: VarintWriter, samples: SegmentSamples, unit: number): void {
  const hasOffsets = samples.compositionOffsets.some((offset) => offset !== 0);
  writer.write(Number(hasOffsets));
  for (const offset of hasOffsets ? samples.compositionOffsets : []) {
    writer.writeSigned(offset / unit);
  }
  writer.write(samples.laterSyncs.length);
  let previous = 0;
  for (const index of samples.laterSyncs) {
    writer.write(index - previous);
    previous = index;
  }
}

function writeTrack(writer: VarintWriter, samples: SegmentSamples): void {
  const { kind, decodeTicks, sizes, durations, compositionOffsets, pieces } = samples;
  const unit = commonDivisor(commonDivisor(0, durations), compositionOffsets) || 1;
  writer.write(decodeTicks);
  writer.write(unit);
  writer.write(sizes.length);
  for (const size of sizes) {
    writer.write(size);
  }
  writeRuns(writer, durations, unit);
  if (kind === 'video') {
    writePictureFields(writer, samples, unit);
  }
  // The pieces together have all samples, so their number is not needed.
  let end = 0;
  for (const { offset, length, samples: count } of pieces) {
    writer.write(offset - end);
    writer.write(count);
    end = offset + length;
  }
}

/** Behind what the writer has: valid until more is written. */
export function encodeSlot(
  number: number,
  video: SegmentSamples,
  audio: SegmentSamples | null,
  writer = new VarintWriter(),
): Uint8Array {
  const start = writer.length;
  writer.write(SLOT_FORMAT);
  writer.write(number);
  writer.write(Number(audio !== null));
  writeTrack(writer, video);
  if (audio !== null) {
    writeTrack(writer, audio);
  }
  return writer.part(start, writer.length);
}
