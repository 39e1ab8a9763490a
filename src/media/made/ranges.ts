/** Which ranges of the source are read for a segment. Bytes between samples are read too, and thrown away. */
import { NotStandard } from '../source/not-standard.ts';
import type { Slice } from '../source/standard-source.ts';
import { type SegmentSamples, slicesOf, sum } from './segment-samples.ts';

/** A range has at most half as much again as what is needed of it. */
const MAX_RANGE_FACTOR = 1.5;
/** Of a track by itself, so much more costs nothing. */
const MAX_MORE_BYTES = 1024 * 1024;

const bytesOf = (slices: readonly Slice[]): number => sum(slices.map(({ length }) => length));

/** `slices`: ascending. */
function spanOf(slices: readonly Slice[]): Slice {
  const [first, last] = [slices[0], slices.at(-1)];
  return first === undefined || last === undefined
    ? { offset: 0, length: 0 }
    : { offset: first.offset, length: last.offset + last.length - first.offset };
}

/** One range for both tracks of a segment; null where they lie too far apart. */
export function commonRange(video: readonly Slice[], audio: readonly Slice[]): Slice | null {
  const spans = [spanOf(video), spanOf(audio)];
  const offset = Math.min(...spans.map((span) => span.offset));
  const length = Math.max(...spans.map((span) => span.offset + span.length)) - offset;
  return length <= MAX_RANGE_FACTOR * (bytesOf(video) + bytesOf(audio)) ? { offset, length } : null;
}

function checkAlone(slices: readonly Slice[], kind: SegmentSamples['kind']): void {
  const bytes = bytesOf(slices);
  const { length } = spanOf(slices);
  if (length > MAX_RANGE_FACTOR * bytes && length > bytes + MAX_MORE_BYTES) {
    throw new NotStandard('interleaving', `${bytes} bytes of the ${kind} lie in ${length}`);
  }
}

/** Throws NotStandard where the tracks have no common range, and one has no range of its own that is worth reading. */
export function checkRanges(video: SegmentSamples, audio: SegmentSamples | null): void {
  const slices = slicesOf(video);
  if (audio === null) {
    checkAlone(slices, 'video');
    return;
  }
  const sound = slicesOf(audio);
  // Sound that is interleaved with the picture is spread over all of it, and is read with it.
  if (commonRange(slices, sound) === null) {
    checkAlone(slices, 'video');
    checkAlone(sound, 'audio');
  }
}
