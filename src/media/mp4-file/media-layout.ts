/** The order of segments in the media data of a file: those of all tracks in turns, by time, whole and unchanged. Pure. */
import { firstTicks, type Track } from '../presentation.ts';

/**
 * Lists of numbers, and no object for a segment: a film of three hours has 5,400, and each request for a range lays them out
 * anew. `place`: the ordinal of a segment in the file.
 */
export type MediaLayout = {
  tracks: readonly Track[];
  /** By place: the index of its track. */
  trackAt: Uint8Array;
  /** By place: the ordinal of the segment in its track, from 0. */
  ordinalAt: Uint32Array;
  /** By place: from the first segment's start; one more at the end, which is the size of them all. */
  starts: Float64Array;
};

export type PlacedSegment = { track: string; attempt: string; number: number; bytes: number };

/** Picture before sound where both begin at once. */
export function layOut(tracks: readonly Track[]): MediaLayout {
  const lists = tracks.map(({ chunks }) => chunks.flatMap(({ segments }) => segments));
  const count = lists.reduce((sum, { length }) => sum + length, 0);
  const trackAt = new Uint8Array(count);
  const ordinalAt = new Uint32Array(count);
  const starts = new Float64Array(count + 1);
  const next = new Uint32Array(tracks.length);
  const seconds = Float64Array.from(
    tracks,
    (track) => (firstTicks(track) - track.presentationOffset) / track.timescale,
  );
  for (let place = 0; place < count; place++) {
    const index = earliest(seconds);
    const ordinal = next[index] ?? 0;
    const list = lists[index] ?? [];
    const [ticks, bytes] = list[ordinal] ?? [0, 0];
    trackAt[place] = index;
    ordinalAt[place] = ordinal;
    starts[place + 1] = (starts[place] ?? 0) + bytes;
    next[index] = ordinal + 1;
    const ends = ordinal + 1 === list.length;
    seconds[index] = ends ? Number.POSITIVE_INFINITY : (seconds[index] ?? 0) + ticks / (tracks[index]?.timescale ?? 1);
  }
  return { tracks, trackAt, ordinalAt, starts };
}

function earliest(seconds: Float64Array): number {
  let index = 0;
  for (let other = 1; other < seconds.length; other++) {
    // Sums of fractions: the sound of the same moment is not before the picture.
    if ((seconds[other] ?? 0) < (seconds[index] ?? 0) - 1e-6) {
      index = other;
    }
  }
  return index;
}

/** The place of the segment that has this byte, counted from the first one's start. */
export function placeAt({ starts }: MediaLayout, offset: number): number {
  let [low, high] = [0, starts.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Throws RangeError for a place that there is not. */
export function segmentAt({ tracks, trackAt, ordinalAt }: MediaLayout, place: number): PlacedSegment {
  const track = tracks[trackAt[place] ?? 0];
  let left = ordinalAt[place] ?? Number.POSITIVE_INFINITY;
  for (const { attempt, firstNumber, segments } of track?.chunks ?? []) {
    const segment = segments[left];
    if (track !== undefined && segment !== undefined) {
      return { track: track.id, attempt, number: firstNumber + left, bytes: segment[1] };
    }
    left -= segments.length;
  }
  throw new RangeError(`no segment at place ${place}`);
}
