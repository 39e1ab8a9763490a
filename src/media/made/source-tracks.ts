/** The made tracks as the presentation describes them. */
import { sha256Hex } from '../../platform/encodings.ts';
import { measureBandwidth } from '../bandwidth.ts';
import { type Fraction, reduceFraction } from '../fraction.ts';
import { MAX_INIT_BYTES, MAX_TIMESCALE } from '../limits.ts';
import type { AudioTrack, TrackChunk, VideoTrack } from '../presentation.ts';
import { NotStandard } from '../source/not-standard.ts';
import type { SourceAudio, SourceVideo } from '../source/standard-source.ts';
import { audioInit, videoInit } from './init-of-source.ts';
import { headerBytesOf } from './made-segment.ts';
import type { SegmentPlan } from './plan-segments.ts';
import { payloadBytesOf, type SegmentSamples, sum } from './segment-samples.ts';
import { SOURCE_AUDIO, SOURCE_VIDEO } from './source-index.ts';
import type { AudioTimeline, VideoTimeline } from './timeline.ts';

/** Of each segment, what the presentation and the I-frame playlist say. */
export type MadeList = Pick<TrackChunk, 'segments'> & { keyframeBytes: number[]; durationTicks: number };

export const emptyList = (): MadeList => ({ segments: [], keyframeBytes: [], durationTicks: 0 });

export function addToList(list: MadeList, samples: SegmentSamples): void {
  const durationTicks = sum(samples.durations);
  if (durationTicks === 0) {
    throw new NotStandard('timing', `a segment of the ${samples.kind} lasts no time`);
  }
  const headerBytes = headerBytesOf(samples);
  list.segments.push([durationTicks, headerBytes + payloadBytesOf(samples)]);
  list.keyframeBytes.push(headerBytes + (samples.sizes[0] ?? 0));
  list.durationTicks += durationTicks;
}

/** Exact where all frames last as long; else the average, to a thousandth where the exact one has too many digits. */
function frameRateOf({ timescale, sampleCount, durationTicks }: SourceVideo, { frameTicks }: SegmentPlan): Fraction {
  if (frameTicks !== null && frameTicks > 0) {
    return reduceFraction(timescale, frameTicks);
  }
  const thousandths = Math.max(1, Math.round((1000 * sampleCount * timescale) / durationTicks));
  const counted = sampleCount * timescale;
  const average = Number.isSafeInteger(counted) ? reduceFraction(counted, durationTicks) : null;
  return average !== null && average.num <= MAX_TIMESCALE && average.den <= MAX_TIMESCALE
    ? average
    : reduceFraction(thousandths, 1000);
}

type Made = { stride: number; list: MadeList };

/** What tracks of both kinds have. */
async function commonOf(init: Uint8Array<ArrayBuffer>, timescale: number, { list }: Made) {
  if (init.byteLength > MAX_INIT_BYTES) {
    throw new NotStandard('index_too_large', `an init segment of ${init.byteLength} bytes`);
  }
  return {
    timescale,
    bandwidth: measureBandwidth(list.segments, timescale),
    init: { bytes: init.byteLength, sha256: await sha256Hex(init.buffer) },
  };
}

/** `startTicks` where it is not what is taken for granted. */
const startOf = ({ presentationOffset, startTicks }: VideoTimeline | AudioTimeline) =>
  startTicks === presentationOffset ? { presentationOffset } : { presentationOffset, startTicks };

export async function videoTrack(video: SourceVideo, plan: SegmentPlan, timeline: VideoTimeline, made: Made) {
  const { segments, keyframeBytes, durationTicks } = made.list;
  const init = videoInit(video, { timescale: timeline.timescale, durationTicks });
  const track: VideoTrack = {
    id: SOURCE_VIDEO,
    kind: 'video',
    codec: video.codec,
    ...(await commonOf(init, timeline.timescale, made)),
    ...startOf(timeline),
    width: video.width,
    height: video.height,
    frameRate: frameRateOf(video, plan),
    videoRange: 'SDR',
    ...(video.rotation === 0 ? {} : { rotation: video.rotation }),
    chunks: [{ attempt: String(made.stride), firstNumber: 1, segments, keyframeBytes }],
  };
  return { init, track };
}

export async function audioTrack(audio: SourceAudio, timeline: AudioTimeline, made: Made) {
  const { segments, durationTicks } = made.list;
  const init = audioInit(audio, { timescale: audio.timescale, durationTicks });
  const track: AudioTrack = {
    id: SOURCE_AUDIO,
    kind: 'audio',
    codec: audio.codec,
    ...(await commonOf(init, audio.timescale, made)),
    ...startOf(timeline),
    channels: audio.channels,
    sampleRate: audio.sampleRate,
    language: audio.language,
    role: 'main',
    chunks: [{ attempt: String(made.stride), firstNumber: 1, segments }],
  };
  return { init, track };
}
