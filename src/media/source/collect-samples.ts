/** Gathers the samples of a segment from a track's cursor, in the times of the made track. Throws NotStandard. */
import { MAX_SEGMENT_BYTES } from '../limits.ts';
import { headerBytesOf } from './made-segment.ts';
import { NotStandard } from './not-standard.ts';
import { MAX_SEGMENT_SAMPLES, payloadBytesOf, type SegmentSamples } from './segment-samples.ts';
import type { SampleCursor, SourceAudio, SourceVideo } from './standard-source.ts';
import type { AudioTimeline, VideoTimeline } from './timeline.ts';

const MAX_U32 = 0xffff_ffff;
/** The first frame of a segment is shown so long before or after its place in the manifest at most. */
const MAX_SHIFT_SECONDS = 0.5;

function emptySegment(kind: SegmentSamples['kind'], decodeTicks: number): SegmentSamples {
  return { kind, decodeTicks, sizes: [], durations: [], compositionOffsets: [], laterSyncs: [], pieces: [] };
}

/** Adds the cursor's sample. `end`: of the sample before. */
function addSample(segment: SegmentSamples, cursor: SampleCursor, durationTicks: number, end: number): void {
  const { offset, sizeBytes } = cursor;
  if (offset < end) {
    throw new NotStandard('interleaving', `sample ${cursor.index} of the ${segment.kind} is before the one before it`);
  }
  if (durationTicks > MAX_U32 || segment.sizes.length >= MAX_SEGMENT_SAMPLES) {
    throw new NotStandard('timing', `${segment.sizes.length} samples of the ${segment.kind} up to ${cursor.index}`);
  }
  segment.sizes.push(sizeBytes);
  segment.durations.push(durationTicks);
  const piece = segment.pieces.at(-1);
  if (piece !== undefined && offset === end) {
    piece.samples += 1;
    piece.length += sizeBytes;
  } else {
    segment.pieces.push({ offset, length: sizeBytes, samples: 1 });
  }
}

function checkSegment(segment: SegmentSamples): void {
  const bytes = payloadBytesOf(segment);
  if (bytes === 0) {
    throw new NotStandard('index_damaged', `a segment of the ${segment.kind} has no bytes`);
  }
  if (bytes + headerBytesOf(segment) > MAX_SEGMENT_BYTES) {
    throw new NotStandard('index_too_large', `a segment of ${bytes} bytes`);
  }
}

/** Gives the next so many frames with each call. */
export function pictureReader(video: SourceVideo, timeline: VideoTimeline): (samples: number) => SegmentSamples {
  const cursor = video.samples();
  const most = MAX_SHIFT_SECONDS * timeline.timescale;
  let decodeTicks = timeline.startTicks;
  /** What the decode times of the made track are later by, so that the first frame is shown when it is decoded. */
  let delay: number | undefined;
  return (samples) => {
    const segment = emptySegment('video', decodeTicks);
    let end = 0;
    let elapsed = 0;
    for (let index = 0; index < samples && cursor.next(); index += 1) {
      delay ??= cursor.compositionOffsetTicks;
      const offset = timeline.scale * (cursor.compositionOffsetTicks - delay);
      const durationTicks = timeline.scale * cursor.durationTicks;
      addSample(segment, cursor, durationTicks, end);
      end = cursor.offset + cursor.sizeBytes;
      segment.compositionOffsets.push(offset);
      if (index === 0 && Math.abs(offset) > most) {
        throw new NotStandard('timing', `frame ${cursor.index} is shown long before or after it is decoded`);
      }
      if (elapsed + offset < (segment.compositionOffsets[0] ?? 0)) {
        throw new NotStandard('open_gop', `frame ${cursor.index} is shown before its key frame`);
      }
      if (index > 0 && cursor.isSync) {
        segment.laterSyncs.push(index);
      }
      elapsed += durationTicks;
    }
    decodeTicks += elapsed;
    checkSegment(segment);
    return segment;
  };
}

/** Gives, with each call, the packets that begin before a time, in ticks from the film's start; null where none is left. */
export function soundReader(audio: SourceAudio, timeline: AudioTimeline): (border: number) => SegmentSamples | null {
  const cursor = audio.samples();
  let decodeTicks = timeline.startTicks;
  let isThere = cursor.next();
  for (let packet = 0; packet < timeline.skipped; packet += 1) {
    isThere = cursor.next();
  }
  return (border) => {
    if (!isThere) {
      return null;
    }
    const segment = emptySegment('audio', decodeTicks);
    for (let end = 0; isThere && decodeTicks - timeline.presentationOffset < border; isThere = cursor.next()) {
      addSample(segment, cursor, cursor.durationTicks, end);
      end = cursor.offset + cursor.sizeBytes;
      decodeTicks += cursor.durationTicks;
    }
    if (segment.sizes.length === 0) {
      throw new NotStandard(
        segment.decodeTicks === timeline.startTicks ? 'tracks_unequal' : 'timing',
        'a gap in the sound',
      );
    }
    checkSegment(segment);
    return segment;
  };
}
