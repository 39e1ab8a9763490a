/** A source → `source.idx`, init segments and the tracks of the presentation. It reads the index of the source only. */
import type { Track } from '../presentation.ts';
import { NotStandard } from '../source/not-standard.ts';
import type { SourceAudio, StandardSource } from '../source/standard-source.ts';
import { pictureReader, soundReader } from './collect-samples.ts';
import { encodeSlot } from './encode-slot.ts';
import { planSegments, type SegmentPlan } from './plan-segments.ts';
import { checkRanges } from './ranges.ts';
import type { SegmentSamples } from './segment-samples.ts';
import { addToList, audioTrack, emptyList, videoTrack } from './source-tracks.ts';
import { type AudioTimeline, audioBorder, audioTimeline, type VideoTimeline, videoTimeline } from './timeline.ts';
import { VarintWriter } from './varint.ts';

export type SourceIndex = {
  /** Bytes of a slot. */
  stride: number;
  /** One slot per segment. */
  bytes: Uint8Array;
  inits: { track: string; bytes: Uint8Array }[];
  tracks: Track[];
};

/** Attempts of keys have six digits (src/media/ids.ts). */
const MAX_STRIDE = 999_999;
/** It is made in memory. Twelve hours of one slot per 4 s and 3 KB are 31 MiB. */
const MAX_INDEX_BYTES = 32 * 1024 * 1024;

/** Slots of equal size: each is as long as the longest. */
class SlotList {
  readonly #writer = new VarintWriter();
  /** Of the slots, which follow each other without a gap until their size is known. */
  readonly #ends: number[] = [];
  stride = 0;

  add(video: SegmentSamples, audio: SegmentSamples | null): void {
    const { byteLength } = encodeSlot(this.#ends.length + 1, video, audio, this.#writer);
    this.#ends.push(this.#writer.length);
    this.stride = Math.max(this.stride, byteLength);
    if (this.stride > MAX_STRIDE || this.stride * this.#ends.length > MAX_INDEX_BYTES) {
      throw new NotStandard('index_too_large', `${this.#ends.length} slots of ${this.stride} bytes`);
    }
  }

  join(): Uint8Array {
    const bytes = new Uint8Array(this.stride * this.#ends.length);
    let start = 0;
    for (const [index, end] of this.#ends.entries()) {
      bytes.set(this.#writer.part(start, end), index * this.stride);
      start = end;
    }
    return bytes;
  }
}

type Timelines = { video: VideoTimeline; audio: { source: SourceAudio; timeline: AudioTimeline } | null };

function timelinesOf({ video, audio }: StandardSource): Timelines {
  const timeline = audio === null ? null : audioTimeline(audio);
  return {
    video: videoTimeline(video, audio, timeline?.presentationOffset ?? 0),
    audio: audio === null || timeline === null ? null : { source: audio, timeline },
  };
}

/** Both tracks, segment by segment: no more than one segment is held in memory beside its slot. */
function makeSlots({ video }: StandardSource, { segments }: SegmentPlan, timelines: Timelines) {
  const slots = new SlotList();
  const lists = { video: emptyList(), audio: emptyList() };
  const readPicture = pictureReader(video, timelines.video);
  const sound = timelines.audio;
  const readSound = sound && soundReader(sound.source, sound.timeline);
  for (const [index, { samples }] of segments.entries()) {
    const picture = readPicture(samples);
    addToList(lists.video, picture);
    const end = timelines.video.startTicks - timelines.video.presentationOffset + lists.video.durationTicks;
    // What sounds longer than the picture is of the last segment.
    const isLast = index === segments.length - 1;
    const border =
      isLast || sound === null ? Number.POSITIVE_INFINITY : audioBorder(end, timelines.video, sound.source);
    const packets = readSound?.(border) ?? null;
    if (packets !== null) {
      addToList(lists.audio, packets);
    }
    checkRanges(picture, packets);
    slots.add(picture, packets);
  }
  return { slots, lists };
}

/** Throws NotStandard. */
export async function buildSourceIndex(source: StandardSource): Promise<SourceIndex> {
  const plan = planSegments(source.video);
  const timelines = timelinesOf(source);
  const { slots, lists } = makeSlots(source, plan, timelines);
  const { stride } = slots;
  const video = await videoTrack(source.video, plan, timelines.video, { stride, list: lists.video });
  const { audio: sound } = timelines;
  const audio = sound && (await audioTrack(sound.source, sound.timeline, { stride, list: lists.audio }));
  const made = audio === null ? [video] : [video, audio];
  return {
    stride,
    bytes: slots.join(),
    inits: made.map(({ init, track }) => ({ track: track.id, bytes: init })),
    tracks: made.map(({ track }) => track),
  };
}
