/** Where the segments of a source begin and end: at key frames, so that nothing has to be encoded. */
import { MAX_SEGMENTS_PER_TRACK } from '../limits.ts';
import { NotStandard } from '../source/not-standard.ts';
import type { SourceVideo } from '../source/standard-source.ts';

/** A segment ends at the first key frame that comes so long after its start. */
const SHORTEST_SECONDS = 4;
/** Key frames are at most 12 s apart. */
const LONGEST_SECONDS = SHORTEST_SECONDS + 12;
/** A shorter rest of the film is no segment of its own, unless the one before becomes longer than a GOP may be. */
const SHORTEST_REST_SECONDS = 1;
const LONGEST_JOINED_SECONDS = 12;

/** Samples of the picture, and the sum of their durations in ticks of the source. */
type PlannedSegment = { samples: number; durationTicks: number };

export type SegmentPlan = {
  segments: PlannedSegment[];
  /** Duration of every sample but the last; null where they differ. */
  frameTicks: number | null;
};

function joinRest(segments: PlannedSegment[], timescale: number): void {
  const [before, rest] = [segments.at(-2), segments.at(-1)];
  if (before === undefined || rest === undefined || rest.durationTicks >= SHORTEST_REST_SECONDS * timescale) {
    return;
  }
  const durationTicks = before.durationTicks + rest.durationTicks;
  if (durationTicks <= LONGEST_JOINED_SECONDS * timescale) {
    segments.splice(-2, 2, { samples: before.samples + rest.samples, durationTicks });
  }
}

function check(segments: readonly PlannedSegment[], timescale: number): void {
  if (segments.some(({ durationTicks }) => durationTicks > LONGEST_SECONDS * timescale)) {
    throw new NotStandard('key_frames_far');
  }
  if (segments.some(({ durationTicks }) => durationTicks < 1)) {
    throw new NotStandard('timing', 'a segment lasts no time');
  }
  if (segments.length > MAX_SEGMENTS_PER_TRACK) {
    throw new NotStandard('index_too_large', `${segments.length} segments`);
  }
}

/** Walks the picture once. Throws NotStandard. */
export function planSegments({ timescale, samples }: SourceVideo): SegmentPlan {
  const cursor = samples();
  const segments: PlannedSegment[] = [];
  let open: PlannedSegment | undefined;
  let frameTicks: number | null | undefined;
  let previousTicks: number | undefined;
  while (cursor.next()) {
    // The last sample is not compared: writers make it as long as they like.
    if (previousTicks !== undefined) {
      frameTicks = frameTicks === undefined || frameTicks === previousTicks ? previousTicks : null;
    }
    previousTicks = cursor.durationTicks;
    if (cursor.isSync && (open === undefined || open.durationTicks >= SHORTEST_SECONDS * timescale)) {
      open = { samples: 0, durationTicks: 0 };
      segments.push(open);
    }
    if (open === undefined) {
      throw new NotStandard('key_frames_missing');
    }
    open.samples += 1;
    open.durationTicks += cursor.durationTicks;
  }
  if (open === undefined) {
    throw new NotStandard('video_missing', 'no frames');
  }
  joinRest(segments, timescale);
  check(segments, timescale);
  return { segments, frameTicks: frameTicks ?? null };
}
