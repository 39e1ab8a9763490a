/** The facts of a source from its header and from the file that is read: packet times beside the first frames. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import { MAX_DURATION_SECONDS, MAX_TEXT_TRACKS } from '../../src/media/limits.ts';
import { type SourceFacts, sourceFactsSchema, type VideoFacts } from '../../src/protocol/source-facts.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { ProbedFile, ProbeOptions } from './ffprobe.ts';
import { readFirstFrames, readOn } from './first-frames.ts';
import { frameTimes } from './frame-times.ts';
import { deriveFrameTiming } from './frame-timing.ts';
import type { Look } from './header.ts';
import { listPackets, type PacketList } from './packets.ts';
import { describeChanges, type PictureChanges, readPictureChanges } from './picture-changes.ts';
import { pictureWarnings } from './picture-warnings.ts';
import type { RawFrame, RawProbe, RawStream } from './probe-schema.ts';
import { outsideLimits, undecodable } from './refusals.ts';
import { type Bounds, heldFor, readSoundBounds } from './sound-bounds.ts';
import { describeChapters } from './source-chapters.ts';
import { describeAudio } from './source-sound.ts';
import { describePicture, parseRatio } from './source-streams.ts';
import { pictureCaptions } from './source-texts.ts';
import { checkWhole } from './whole.ts';

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
  ...{ file, raw, video, audio },
});

type Picture = { facts: VideoFacts; changes: PictureChanges; isCut: boolean; warnings: Warning[] };

const secondsText = (seconds: number): string => `${Number(seconds.toFixed(2))} s`;

/** Pictures before the first that can be decoded, and how long they last. */
function undecodableStart(packets: PacketList, startTicks: number, tickSeconds: number): Warning[] {
  const lost = packets.shown.filter(({ ticks }) => ticks < startTicks);
  if (packets.areDecodeTimes || lost.length === 0) {
    return [];
  }
  const seconds = (startTicks - lost.reduce((first, { ticks }) => Math.min(first, ticks), startTicks)) * tickSeconds;
  const pictures = lost.length === 1 ? 'first picture' : `first ${lost.length} pictures`;
  const message = `The ${pictures} (${secondsText(seconds)}) cannot be decoded without earlier ones; the film begins after that`;
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
  const readChanges = () => readPictureChanges(file, stream, look.raw.format, options);
  // Not where nothing can be decoded: ffprobe would search the whole file for each picture.
  const changing = first.then(({ frames }) => (frames.length > 0 ? readChanges() : null));
  const [listing, early] = await Promise.allSettled([listPackets(file, stream, options), changing]);
  if (listing.status === 'rejected') {
    throw listing.reason;
  }
  if (early.status === 'rejected') {
    throw early.reason;
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
  const { timing, biasTicks, warnings } = deriveFrameTiming(shown, timeBase, claimed);
  const changes = early.value ?? (await readChanges());
  const isInterlaced = ['tt', 'bb', 'tb', 'bt'].includes(look.video.field_order ?? '');
  const picture = describePicture(look.video);
  const peakNits = picture.videoRange === 'SDR' ? undefined : (picture.peakNits ?? changes.peakNits);
  const facts: VideoFacts = {
    streamIndex: stream.index,
    codec: stream.codec_name ?? '',
    ...picture,
    ...describeChanges(changes, picture.rotation),
    ...(peakNits === undefined ? {} : { peakNits }),
    ...timing,
    // Guessed times may differ by a frame after a seek, so frame counts cannot be exact.
    variableFrameRate: timing.variableFrameRate || areGuessed,
    startTicks: startTicks + biasTicks,
    timeBase,
    interlaced:
      isInterlaced || changes.interlacedTicks !== undefined || frames.some((frame) => frame.interlaced_frame === 1),
  };
  const cut = undecodableStart(packets, startTicks, fractionToNumber(timeBase));
  return { facts, changes, isCut: cut.length > 0, warnings: [...cut, ...warnings] };
}

/** A last picture that is shown for more frames is held. Places on the grid are off by up to half a frame. */
const HELD_FRAMES = 2;

/** How long the first and last picture are held for the sound. */
function holds(video: VideoFacts, sound: readonly Bounds[], beginsLate: boolean): ReturnType<typeof heldFor> {
  const { startTicks, lastTicks = startTicks, durationSeconds, frameRate } = video;
  const tickSeconds = fractionToNumber(video.timeBase);
  const begin = startTicks * tickSeconds;
  const lastSeconds = durationSeconds - (lastTicks - startTicks) * tickSeconds;
  const isHeld = lastSeconds * fractionToNumber(frameRate) > HELD_FRAMES;
  const { leadSeconds, ...tail } = heldFor({ begin, end: begin + durationSeconds }, sound, isHeld);
  // The film begins with the first picture that can be decoded, and the sound of the others goes with them.
  return { ...(leadSeconds === undefined || beginsLate ? {} : { leadSeconds }), ...tail };
}

function checkLength({ leadSeconds = 0, durationSeconds, tailSeconds = 0 }: VideoFacts): void {
  const seconds = leadSeconds + durationSeconds + tailSeconds;
  if (seconds > MAX_DURATION_SECONDS) {
    const [hours, most] = [seconds, MAX_DURATION_SECONDS].map((length) => Number((length / 3600).toFixed(2)));
    throw new TaskFailure(
      'source_unsupported',
      `The film lasts ${hours} hours, from its first sound or picture to its last; the most is ${most}`,
    );
  }
}

/** A few frames more of a picture that is held anyway. */
const LEAST_TOLD_SECONDS = 0.1;

function holdWarnings({ leadSeconds = 0, tailSeconds = 0, durationSeconds }: VideoFacts): Warning[] {
  const late = `Sound begins ${secondsText(leadSeconds)} before the picture; the first picture is held so long`;
  const held = `Sound goes on ${secondsText(tailSeconds)} after the picture; the last picture is held so long`;
  return [
    ...(leadSeconds > 0 ? [{ code: 'picture_late' as const, message: late, at: 0 }] : []),
    ...(tailSeconds > LEAST_TOLD_SECONDS
      ? [{ code: 'picture_held' as const, message: held, at: leadSeconds + durationSeconds }]
      : []),
  ];
}

/** Under the numbers of the file that is read. What the header of a source leaves out, its copy may say. */
const asRead = (streams: readonly RawStream[], read: readonly RawStream[]): RawStream[] =>
  streams.map((stream, place) => ({
    ...stream,
    index: read[place]?.index ?? stream.index,
    channels: stream.channels || read[place]?.channels,
    sample_rate: stream.sample_rate || read[place]?.sample_rate,
  }));

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
  const { facts, changes, isCut, warnings } = described.value;
  const video = { ...facts, ...holds(facts, bounds.value, isCut) };
  checkLength(video);
  const lead = video.leadSeconds ?? 0;
  const audio = describeAudio(asRead(look.audio, reading.audio));
  const captions = changes.hasCaptions ? [pictureCaptions(video.streamIndex, audio)] : [];
  const texts = [...look.texts, ...captions].slice(0, MAX_TEXT_TRACKS);
  const begin = video.startTicks * fractionToNumber(video.timeBase) - lead;
  const end = begin + lead + video.durationSeconds + (video.tailSeconds ?? 0);
  const chapters = describeChapters(look.raw.chapters, begin, end);
  return parseFacts({
    schema: 1,
    container: look.raw.format.format_name,
    sizeBytes: look.sizeBytes,
    video,
    audio,
    ...(texts.length === 0 ? {} : { texts }),
    ...(chapters === undefined ? {} : { chapters }),
    warnings: [
      ...look.warnings,
      // Their places are from the first frame.
      ...warnings.map((warning) => (warning.at === undefined ? warning : { ...warning, at: warning.at + lead })),
      ...pictureWarnings(video, changes),
      ...holdWarnings(video),
    ],
  });
}

export function parseFacts(facts: unknown): SourceFacts {
  const parsed = sourceFactsSchema.safeParse(facts);
  if (!parsed.success) {
    throw outsideLimits(parsed.error);
  }
  return parsed.data;
}
