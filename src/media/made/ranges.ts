/** Which ranges of the source are read for a segment. Bytes between samples are read too, and thrown away. */
import { NotStandard } from '../source/not-standard.ts';
import type { Slice } from '../source/standard-source.ts';
import { payloadBytesOf, type SegmentSamples } from './segment-samples.ts';

/** A range has at most half as much again as what is needed of it. */
const MAX_RANGE_FACTOR = 1.5;
/** Of a track by itself, so much more costs nothing. */
const MAX_MORE_BYTES = 1024 * 1024;

function spanOf({ pieces }: SegmentSamples): Slice {
  const [first, last] = [pieces[0], pieces.at(-1)];
  return first === undefined || last === undefined
    ? { offset: 0, length: 0 }
    : { offset: first.offset, length: last.offset + last.length - first.offset };
}

/** One range for both tracks of a segment; null where they lie too far apart. */
export function commonRange(video: SegmentSamples, audio: SegmentSamples): Slice | null {
  const [one, other] = [spanOf(video), spanOf(audio)];
  const offset = Math.min(one.offset, other.offset);
  const length = Math.max(one.offset + one.length, other.offset + other.length) - offset;
  return length <= MAX_RANGE_FACTOR * (payloadBytesOf(video) + payloadBytesOf(audio)) ? { offset, length } : null;
}

function checkAlone(samples: SegmentSamples): void {
  const bytes = payloadBytesOf(samples);
  const { length } = spanOf(samples);
  if (length > MAX_RANGE_FACTOR * bytes && length > bytes + MAX_MORE_BYTES) {
    throw new NotStandard('interleaving', `${bytes} bytes of the ${samples.kind} lie in ${length}`);
  }
}

/** Throws NotStandard where the tracks have no common range, and one has no range of its own that is worth reading. */
export function checkRanges(video: SegmentSamples, audio: SegmentSamples | null): void {
  if (audio === null) {
    checkAlone(video);
    return;
  }
  // Sound that is interleaved with the picture is spread over all of it, and is read with it.
  if (commonRange(video, audio) === null) {
    checkAlone(video);
    checkAlone(audio);
  }
}
