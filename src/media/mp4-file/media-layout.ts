/** The order of segments in the media data of a file: those of all tracks in turns, by time, whole and unchanged. Pure. */
import { type NumberedSegment, segmentsOf, type Track } from '../presentation.ts';

export type PlacedSegment = NumberedSegment & { track: string };

export type MediaLayout = {
  segments: readonly PlacedSegment[];
  /** Of each segment, from the first one's start; one more at the end, which is the size of them all. */
  starts: Float64Array;
};

const startSeconds = ({ timescale, presentationOffset }: Track, { startTicks }: NumberedSegment): number =>
  (startTicks - presentationOffset) / timescale;

/** Picture before sound where both begin at once. */
export function layOut(tracks: readonly Track[]): MediaLayout {
  const queues = tracks.map((track) => ({ track, segments: [...segmentsOf(track)], next: 0 }));
  const segments: PlacedSegment[] = [];
  for (;;) {
    let earliest: { queue: (typeof queues)[number]; segment: NumberedSegment; seconds: number } | undefined;
    for (const queue of queues) {
      const segment = queue.segments[queue.next];
      const seconds = segment === undefined ? Number.POSITIVE_INFINITY : startSeconds(queue.track, segment);
      if (segment !== undefined && (earliest === undefined || seconds < earliest.seconds)) {
        earliest = { queue, segment, seconds };
      }
    }
    if (earliest === undefined) {
      break;
    }
    earliest.queue.next += 1;
    segments.push({ ...earliest.segment, track: earliest.queue.track.id });
  }
  const starts = new Float64Array(segments.length + 1);
  for (const [index, { bytes }] of segments.entries()) {
    starts[index + 1] = (starts[index] ?? 0) + bytes;
  }
  return { segments, starts };
}

/** The index of the segment that has this byte, counted from the first one's start. */
export function segmentAt({ starts }: MediaLayout, offset: number): number {
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
