/** Gathers the samples of a segment from a track's cursor, in the times of the made track. Throws NotStandard. */
import { MAX_SEGMENT_BYTES } from '../limits.ts';
import { NotStandard } from '../source/not-standard.ts';
import type { SampleCursor, SourceAudio, SourceVideo } from '../source/standard-source.ts';
import { headerBytesOf } from './made-segment.ts';
import { MAX_SEGMENT_SAMPLES, payloadBytesOf, type SegmentSamples } from './segment-samples.ts';
import type { AudioTimeline, VideoTimeline } from './timeline.ts';

const MAX_U32 = 0xffff_ffff;
/** The first frame of a segment is shown so long before or after its place in the manifest at most. */
const MAX_SHIFT_SECONDS = 0.5;

/**
 * Fills one segment after the other into the same arrays: a film of three hours has a million samples, and new arrays for each
 * segment cost as much as everything else.
 */
class Gatherer {
  readonly #segment: SegmentSamples;
  /** Samples and pieces of this segment; what is behind them in the arrays is of the one before. */
  #count = 0;
  #pieceCount = 0;
  /** Of the sample before, in the file. */
  #end = 0;

  constructor(kind: SegmentSamples['kind']) {
    const none = { sizes: [], durations: [], compositionOffsets: [], laterSyncs: [], pieces: [] };
    this.#segment = { kind, decodeTicks: 0, ...none };
  }

  start(decodeTicks: number): void {
    this.#segment.decodeTicks = decodeTicks;
    this.#segment.laterSyncs.length = 0;
    this.#count = 0;
    this.#pieceCount = 0;
    this.#end = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds the cursor's sample. */
  add({ index, offset, sizeBytes }: SampleCursor, durationTicks: number): void {
    const segment = this.#segment;
    if (offset < this.#end) {
      throw new NotStandard('interleaving', `sample ${index} of the ${segment.kind} is before the one before it`);
    }
    if (durationTicks > MAX_U32 || this.#count >= MAX_SEGMENT_SAMPLES) {
      throw new NotStandard('timing', `${this.#count} samples of the ${segment.kind} up to ${index}`);
    }
    segment.sizes[this.#count] = sizeBytes;
    segment.durations[this.#count] = durationTicks;
    this.#count += 1;
    this.#addToPiece(offset, sizeBytes);
    this.#end = offset + sizeBytes;
  }

  #addToPiece(offset: number, sizeBytes: number): void {
    const { pieces } = this.#segment;
    const last = this.#pieceCount === 0 ? undefined : pieces[this.#pieceCount - 1];
    if (last !== undefined && offset === this.#end) {
      last.samples += 1;
      last.length += sizeBytes;
      return;
    }
    const piece = pieces[this.#pieceCount];
    if (piece === undefined) {
      pieces.push({ offset, length: sizeBytes, samples: 1 });
    } else {
      piece.offset = offset;
      piece.length = sizeBytes;
      piece.samples = 1;
    }
    this.#pieceCount += 1;
  }

  /** Of the last sample. */
  addPicture(compositionOffset: number, isSync: boolean): void {
    const index = this.#count - 1;
    this.#segment.compositionOffsets[index] = compositionOffset;
    if (index > 0 && isSync) {
      this.#segment.laterSyncs.push(index);
    }
  }

  /** Valid until the next one is started. */
  finish(): SegmentSamples {
    const segment = this.#segment;
    segment.sizes.length = this.#count;
    segment.durations.length = this.#count;
    segment.compositionOffsets.length = segment.kind === 'video' ? this.#count : 0;
    segment.pieces.length = this.#pieceCount;
    checkSegment(segment);
    return segment;
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

/** Gives the next so many frames with each call; they are valid until the next one. */
export function pictureReader(video: SourceVideo, timeline: VideoTimeline): (samples: number) => SegmentSamples {
  const cursor = video.samples();
  const segment = new Gatherer('video');
  const most = MAX_SHIFT_SECONDS * timeline.timescale;
  let decodeTicks = timeline.startTicks;
  /** What the decode times of the made track are later by, so that the first frame is shown when it is decoded. */
  let delay: number | undefined;
  return (samples) => {
    segment.start(decodeTicks);
    let elapsed = 0;
    let firstOffset = 0;
    for (let index = 0; index < samples && cursor.next(); index += 1) {
      delay ??= cursor.compositionOffsetTicks;
      const offset = timeline.scale * (cursor.compositionOffsetTicks - delay);
      const durationTicks = timeline.scale * cursor.durationTicks;
      segment.add(cursor, durationTicks);
      segment.addPicture(offset, cursor.isSync);
      firstOffset = index === 0 ? offset : firstOffset;
      if (index === 0 && Math.abs(offset) > most) {
        throw new NotStandard('timing', `frame ${cursor.index} is shown long before or after it is decoded`);
      }
      if (elapsed + offset < firstOffset) {
        throw new NotStandard('open_gop', `frame ${cursor.index} is shown before its key frame`);
      }
      elapsed += durationTicks;
    }
    decodeTicks += elapsed;
    return segment.finish();
  };
}

/**
 * Gives, with each call, the packets that begin before a time, in ticks from the film's start, valid until the next call; null
 * where none is left.
 */
export function soundReader(audio: SourceAudio, timeline: AudioTimeline): (border: number) => SegmentSamples | null {
  const cursor = audio.samples();
  const segment = new Gatherer('audio');
  let decodeTicks = timeline.startTicks;
  let isThere = cursor.next();
  for (let packet = 0; packet < timeline.skipped; packet += 1) {
    isThere = cursor.next();
  }
  return (border) => {
    if (!isThere) {
      return null;
    }
    segment.start(decodeTicks);
    for (; isThere && decodeTicks - timeline.presentationOffset < border; isThere = cursor.next()) {
      segment.add(cursor, cursor.durationTicks);
      decodeTicks += cursor.durationTicks;
    }
    if (segment.count === 0) {
      throw new NotStandard(decodeTicks === timeline.startTicks ? 'tracks_unequal' : 'timing', 'a gap in the sound');
    }
    return segment.finish();
  };
}
