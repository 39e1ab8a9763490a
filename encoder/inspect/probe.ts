/** The facts of a file that is read as it is: streams, then packet times beside the first frames. */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { fractionToNumber } from '../../src/media/fraction.ts';
import {
  type AudioFacts,
  type SourceFacts,
  sourceFactsSchema,
  type VideoFacts,
} from '../../src/protocol/source-facts.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { type ProbedFile, type ProbeOptions, probeJson } from './ffprobe.ts';
import { readFirstFrames, readOn } from './first-frames.ts';
import { frameTimes } from './frame-times.ts';
import { deriveFrameTiming } from './frame-timing.ts';
import { listPackets, type PacketList } from './packets.ts';
import { type RawFrame, type RawProbe, type RawStream, rawProbeSchema } from './probe-schema.ts';
import { isScrambled, refuseEncrypted, undecodable } from './refusals.ts';
import { type Bounds, heldFor, readSoundBounds } from './sound-bounds.ts';
import { chooseVideoStream, describeAudio, describePicture, parseRatio } from './source-streams.ts';
import { checkWhole, refuseCutOff } from './whole.ts';

/** What the header says, and which of its streams are kept. */
export type Look = {
  raw: RawProbe;
  sizeBytes: number;
  video: RawStream;
  audio: AudioFacts[];
  warnings: Warning[];
};

/** Throws TaskFailure `source_empty`, `source_not_media`, `source_truncated`, `source_encrypted` or `source_no_video`. */
export async function readHeader(file: ProbedFile, options: ProbeOptions): Promise<Look> {
  const { size: sizeBytes } = await stat(file.path);
  if (sizeBytes === 0) {
    throw new TaskFailure('source_empty', 'The source has no bytes');
  }
  const raw = await probeJson(rawProbeSchema, file, ['-show_format', '-show_streams'], options).catch(
    async (error: unknown) => {
      options.signal?.throwIfAborted();
      // A file whose index is at its end and was cut off.
      await refuseCutOff(file, sizeBytes);
      throw notMedia(error);
    },
  );
  const container = raw.format.format_name;
  refuseEncrypted(
    container,
    raw.streams.find(({ codec_type }) => codec_type === 'video'),
  );
  if (container === 'mpegts' && (await isScrambled(file.path))) {
    refuseScrambled();
  }
  const video = chooseVideoStream(raw.streams);
  refuseEncrypted(container, video);
  return { raw, sizeBytes, video, audio: describeAudio(raw.streams), warnings: [] };
}

/** What is read: the source, or its copy with the streams that are kept, under other numbers. */
export type Reading = {
  file: ProbedFile;
  raw: RawProbe;
  video: RawStream;
  audio: RawStream[];
  /** Where they are known already. */
  sound?: Bounds[];
};

export const readingOf = (file: ProbedFile, { raw, video, audio }: Look): Reading => ({
  ...{ file, raw, video },
  audio: audio.flatMap(({ streamIndex }) => raw.streams.find(({ index }) => index === streamIndex) ?? []),
});

type Picture = { facts: VideoFacts; warnings: Warning[] };

const secondsText = (seconds: number): string => `${Number(seconds.toFixed(2))} s`;

/** Pictures before the first that can be decoded, and how long they last. */
function undecodableStart(packets: PacketList, startTicks: number, tickSeconds: number): Warning[] {
  const lost = packets.shown.filter(({ ticks }) => ticks < startTicks);
  if (packets.areDecodeTimes || lost.length === 0) {
    return [];
  }
  const seconds = (startTicks - lost.reduce((first, { ticks }) => Math.min(first, ticks), startTicks)) * tickSeconds;
  const message = `The first ${lost.length} pictures (${secondsText(seconds)}) cannot be decoded without earlier ones; the film begins after them`;
  return [{ code: 'start_undecodable', message, at: 0 }];
}

/** The first frame that is good: decoders make something up for pictures before the first key frame. */
function startOf(packets: PacketList, frames: readonly RawFrame[]): number | undefined {
  const from = packets.beforeKey > 0 ? (packets.keyTicks ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY;
  const times = frames.flatMap(({ best_effort_timestamp: ticks }) => ticks ?? []);
  return times.find((ticks) => ticks >= from) ?? times[0];
}

async function describeVideo(look: Look, reading: Reading, options: ProbeOptions): Promise<Picture> {
  const { file, video: stream } = reading;
  // Side by side. A failure of the packet list says more, so it is the one that is thrown, after both have ended.
  const first = readFirstFrames(file, stream, options);
  const [listing] = await Promise.allSettled([listPackets(file, stream, options), first]);
  if (listing.status === 'rejected') {
    throw listing.reason;
  }
  const packets = listing.value;
  await checkWhole(file, reading.raw, [stream, ...reading.audio], look.sizeBytes, packets.total, options);
  const { frames, printed } = await readOn(file, stream, await first, packets.hiddenFirst, options);
  const timeBase = parseRatio(stream.time_base);
  const startTicks = startOf(packets, frames);
  if (timeBase === null || startTicks === undefined) {
    throw undecodable(stream, printed);
  }
  const { times, areGuessed } = await frameTimes(file, stream, packets, frames, options);
  const shown = times.filter(({ ticks }) => packets.areDecodeTimes || ticks >= startTicks);
  if (shown.length === 0) {
    throw new TaskFailure('decode_failed', 'The source has no frame with a time');
  }
  const rates = [stream.r_frame_rate, stream.avg_frame_rate, look.video.r_frame_rate];
  const claimed = rates.map(parseRatio).filter((rate) => rate !== null);
  const timing = deriveFrameTiming(shown, timeBase, claimed);
  const isInterlaced = ['tt', 'bb', 'tb', 'bt'].includes(look.video.field_order ?? '');
  const facts: VideoFacts = {
    streamIndex: stream.index,
    codec: stream.codec_name ?? '',
    ...describePicture(look.video),
    ...timing,
    // Guessed times may differ by a frame after a seek, so frame counts cannot be exact.
    variableFrameRate: timing.variableFrameRate || areGuessed,
    startTicks,
    lastTicks: shown.reduce((last, { ticks }) => Math.max(last, ticks), startTicks),
    timeBase,
    interlaced: isInterlaced || frames.some((frame) => frame.interlaced_frame === 1),
  };
  return { facts, warnings: undecodableStart(packets, startTicks, fractionToNumber(timeBase)) };
}

/** How long the first and last picture are held for the sound. */
function holds(video: VideoFacts, sound: readonly Bounds[], beginsLate: boolean): ReturnType<typeof heldFor> {
  const begin = video.startTicks * fractionToNumber(video.timeBase);
  const { leadSeconds, ...tail } = heldFor({ begin, end: begin + video.durationSeconds }, sound);
  // The film begins with the first picture that can be decoded, and the sound of the others goes with them.
  return { ...(leadSeconds === undefined || beginsLate ? {} : { leadSeconds }), ...tail };
}

function holdWarnings({ leadSeconds = 0, tailSeconds = 0, durationSeconds }: VideoFacts): Warning[] {
  const late = `Sound begins ${secondsText(leadSeconds)} before the picture; the first picture is held so long`;
  const held = `Sound goes on ${secondsText(tailSeconds)} after the picture; the last picture is held so long`;
  return [
    ...(leadSeconds > 0 ? [{ code: 'picture_late' as const, message: late, at: 0 }] : []),
    ...(tailSeconds > 0 ? [{ code: 'picture_held' as const, message: held, at: leadSeconds + durationSeconds }] : []),
  ];
}

/** Throws TaskFailure, `source_unsupported` where facts are outside the protocol's limits. */
export async function describeSource(look: Look, reading: Reading, options: ProbeOptions): Promise<SourceFacts> {
  const sounds = reading.sound ?? readSoundBounds(reading.file, reading.raw, reading.audio, options);
  const [described, bounds] = await Promise.allSettled([describeVideo(look, reading, options), sounds]);
  if (described.status === 'rejected') {
    throw described.reason;
  }
  if (bounds.status === 'rejected') {
    throw bounds.reason;
  }
  const { facts, warnings } = described.value;
  const video = { ...facts, ...holds(facts, bounds.value, warnings.length > 0) };
  return parseFacts({
    schema: 1,
    container: look.raw.format.format_name,
    sizeBytes: look.sizeBytes,
    video,
    audio: look.audio,
    warnings: [...look.warnings, ...warnings, ...holdWarnings(video)],
  });
}

export function parseFacts(facts: unknown): SourceFacts {
  const parsed = sourceFactsSchema.safeParse(facts);
  if (!parsed.success) {
    const message = `The source is outside what can be encoded: ${z.prettifyError(parsed.error)}`.slice(0, 1000);
    throw new TaskFailure('source_unsupported', message);
  }
  return parsed.data;
}

function notMedia(error: unknown): unknown {
  return error instanceof TaskFailure && error.code === 'source_not_media'
    ? new TaskFailure('source_not_media', 'The file is not a video that ffmpeg can read', {
        detail: error.detail,
        cause: error,
      })
    : error;
}

function refuseScrambled(): never {
  throw new TaskFailure('source_encrypted', 'The recording is scrambled. Bring it descrambled');
}
