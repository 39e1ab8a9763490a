/** An encoder that needs no ffmpeg: small CMAF objects made by hand for any task, and the report that goes with them. */

import { readInit } from '../../../../src/media/cmaf/init-segment.ts';
import { readSegment } from '../../../../src/media/cmaf/media-segment.ts';
import { type AudioCodec, audioCodecRow } from '../../../../src/media/codecs/codecs.ts';
import { cuesKey, headersKey, initKey, segmentKey, type VersionRef } from '../../../../src/media/keys.ts';
import {
  type EncodeResult,
  SEGMENT_LAYOUT,
  type TextResult,
  type TrackReport,
} from '../../../../src/protocol/encode-result.ts';
import type { Rendition } from '../../../../src/protocol/ladder.ts';
import type { TaskInputs } from '../../../../src/protocol/task-kinds.ts';
import {
  ac3,
  box,
  eac3,
  esds,
  fullBox,
  initSegment,
  mediaSegment,
  mp4a,
  u16,
  u32,
  zeros,
} from '../../media/cmaf/build-boxes.ts';

type ChunkInput = TaskInputs['chunk'];
type AudioInput = TaskInputs['audio'];

export type Encoded = { result: EncodeResult; objects: Map<string, Uint8Array> };

export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const avc1 = ({ width, height, level }: Rendition): number[] =>
  box('avc1', zeros(24), u16(width), u16(height), zeros(50), box('avcC', [1, 100, 0, level, 0xff, 0xe1]));

export const videoInit = (rendition: Rendition, timescale: number): Uint8Array =>
  initSegment({ entry: avc1(rendition), timescale });

/** At 48 kHz. */
const SOUND_ENTRIES: Readonly<Record<AudioCodec, (channels: number) => number[]>> = {
  aac: (channels) => mp4a(esds(0x40, [0x11, 0x80 | (channels << 3)]), channels),
  eac3,
  ac3,
};

/** Every sample lasts `sampleTicks`. */
const tfhd = (sampleTicks: number): number[] => fullBox('tfhd', 0, 0x02000a, u32(1), u32(1), u32(sampleTicks));

const NON_SYNC = 0x10000;

type SegmentShape = { number: number; frames: number; startTicks: number; sampleTicks: number; sampleBytes: number };

/** One key frame of three times the size, then frames that depend on it. */
export const videoSegment = ({ number, frames, startTicks, sampleTicks, sampleBytes }: SegmentShape): Uint8Array =>
  mediaSegment({
    sequenceNumber: number,
    baseDecodeTime: startTicks,
    tfhd: tfhd(sampleTicks),
    samples: Array.from({ length: frames }, (_, index) =>
      index === 0 ? { size: 3 * sampleBytes } : { size: sampleBytes, flags: NON_SYNC },
    ),
  });

export const audioSegment = ({ number, frames, startTicks, sampleTicks, sampleBytes }: SegmentShape): Uint8Array =>
  mediaSegment({
    sequenceNumber: number,
    baseDecodeTime: startTicks,
    tfhd: tfhd(sampleTicks),
    withOffsets: false,
    samples: new Array(frames).fill({ size: sampleBytes }),
  });

/** Where a track's segments begin and end, in its own frames. */
type Cut = { number: number; firstFrame: number; frames: number };

const videoCuts = ({ chunk, video }: ChunkInput): Cut[] =>
  Array.from({ length: Math.ceil(chunk.frameCount / video.segmentFrames) }, (_, index) => ({
    number: chunk.firstNumber + index,
    firstFrame: chunk.firstFrame + index * video.segmentFrames,
    frames: Math.min(video.segmentFrames, chunk.frameCount - index * video.segmentFrames),
  }));

/** Segments end on the access unit at or after each multiple of the segment length, as the packager cuts. */
function audioCuts({
  audio,
  chunk = { index: 0, firstFrame: 0, frameCount: audio.frameCount, firstNumber: 1 },
}: AudioInput): Cut[] {
  const cuts: Cut[] = [];
  const { frameSamples } = audioCodecRow(audio.codec);
  const endFrame = chunk.firstFrame + chunk.frameCount;
  for (let { firstFrame } = chunk; firstFrame < endFrame; ) {
    const number = chunk.firstNumber + cuts.length;
    const end = Math.ceil((number * audio.segmentSeconds * audio.sampleRate) / frameSamples - 1e-9);
    const frames = Math.min(end, endFrame) - firstFrame;
    cuts.push({ number, firstFrame, frames });
    firstFrame += frames;
  }
  return cuts;
}

type TrackMaker = {
  track: string;
  codec: string;
  timescale: number;
  frameTicks: number;
  init: Uint8Array;
  cuts: Cut[];
  segment: (cut: Cut) => Uint8Array;
  isVideo: boolean;
};

async function makeTrack(maker: TrackMaker, ref: VersionRef, attempt: string, objects: Map<string, Uint8Array>) {
  const { track, codec, timescale, frameTicks, init, cuts } = maker;
  objects.set(initKey(ref, track), init);
  const segments: [number, number][] = [];
  const keyframeBytes: number[] = [];
  const headers: number[] = [];
  for (const cut of cuts) {
    const bytes = maker.segment(cut);
    objects.set(segmentKey(ref, track, attempt, cut.number), bytes);
    segments.push([cut.frames * frameTicks, bytes.length]);
    const { firstSampleBytesEnd, headerBytes } = readSegment(bytes);
    keyframeBytes.push(firstSampleBytesEnd);
    headers.push(...bytes.subarray(0, headerBytes));
  }
  const firstNumber = cuts[0]?.number ?? 1;
  objects.set(headersKey(ref, track, attempt, firstNumber), Uint8Array.from(headers));
  return {
    track,
    codec,
    timescale,
    init: { bytes: init.length, sha256: await sha256(init) },
    firstNumber,
    baseDecodeTime: (cuts[0]?.firstFrame ?? 0) * frameTicks,
    segments,
    ...(maker.isVideo ? { keyframeBytes } : {}),
  } satisfies TrackReport;
}

const videoMaker = (input: ChunkInput, rendition: Rendition): TrackMaker => ({
  track: rendition.track,
  codec: `avc1.6400${rendition.level.toString(16).padStart(2, '0')}`,
  timescale: input.video.timescale,
  frameTicks: input.video.frameTicks,
  init: videoInit(rendition, input.video.timescale),
  cuts: videoCuts(input),
  segment: ({ number, firstFrame, frames }) =>
    videoSegment({
      number,
      frames,
      startTicks: firstFrame * input.video.frameTicks,
      sampleTicks: input.video.frameTicks,
      sampleBytes: Math.ceil(rendition.height / 10),
    }),
  isVideo: true,
});

function audioMaker(input: AudioInput): TrackMaker {
  const { track, codec = 'aac', channels, sampleRate } = input.audio;
  const entry = SOUND_ENTRIES[codec](channels);
  const init = initSegment({ entry, timescale: sampleRate });
  const frameTicks = audioCodecRow(codec).frameSamples;
  return {
    track,
    codec: readInit(init).entry.codec,
    timescale: sampleRate,
    frameTicks,
    init,
    cuts: audioCuts(input),
    segment: ({ number, firstFrame, frames }) =>
      audioSegment({
        number,
        frames,
        startTicks: firstFrame * frameTicks,
        sampleTicks: frameTicks,
        sampleBytes: 10,
      }),
    isVideo: false,
  };
}

/** What an encoder would upload and report for this task. */
export async function encode(input: ChunkInput | AudioInput, attempt: string): Promise<Encoded> {
  const objects = new Map<string, Uint8Array>();
  const makers =
    input.kind === 'audio'
      ? [audioMaker(input)]
      : input.video.renditions.map((rendition) => videoMaker(input, rendition));
  const tracks: TrackReport[] = [];
  for (const maker of makers) {
    tracks.push(await makeTrack(maker, input, attempt, objects));
  }
  return { result: { tracks, layout: SEGMENT_LAYOUT, warnings: [] }, objects };
}

/** What an encoder would upload and report for the text tracks: one cue for each. */
export function encodeText(input: TaskInputs['text'], attempt: string) {
  const texts = input.texts.map(({ track }) => ({
    track,
    cues: new TextEncoder().encode(`WEBVTT\n\n00:01.000 --> 00:02.000\n${track}\n`),
  }));
  const objects = new Map(texts.map(({ track, cues }) => [cuesKey(input, track, attempt), cues] as const));
  const result = { texts: texts.map(({ track, cues }) => ({ track, bytes: cues.length })), warnings: [] };
  return { result: result satisfies TextResult, objects };
}

/** No R2Bucket: bench/ uses this file too, where the Worker's types are not known. */
type Bucket = { put(key: string, bytes: Uint8Array): Promise<unknown> };

export async function upload(bucket: Bucket, objects: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await Promise.all([...objects].map(([key, bytes]) => bucket.put(key, bytes)));
}
