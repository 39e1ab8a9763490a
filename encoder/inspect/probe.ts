/** Inspects a local source file with ffprobe: streams, then packet times beside the first frames. */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { MAX_FRAME_COUNT } from '../../src/media/limits.ts';
import { type SourceFacts, sourceFactsSchema } from '../../src/protocol/source-facts.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { probeArgs } from '../media/ffmpeg-args.ts';
import { runForTask } from '../media/process.ts';
import { probeLimits, type TaskBudget, threadsFor } from '../media/task-budget.ts';
import { chooseStreams } from './choose-streams.ts';
import { declaredEnd } from './declared-end.ts';
import { keepDecodable } from './decodable-sound.ts';
import { droppedWarnings } from './dropped-tracks.ts';
import { deriveFrameTiming, type PacketTime } from './frame-timing.ts';
import { matroskaLanguages } from './matroska-languages.ts';
import { movieLanguages } from './movie-boxes.ts';
import { describeChanges, type PictureChanges, readPictureChanges } from './picture-changes.ts';
import { pictureWarnings } from './picture-warnings.ts';
import { type RawFrame, type RawProbe, type RawStream, rawFramesSchema, rawProbeSchema } from './probe-schema.ts';
import { describeAudio, surroundWarnings } from './source-sound.ts';
import { checkColour, describePicture, parseRatio } from './source-streams.ts';
import { readAroundUnopened } from './unopened-streams.ts';

const HEADER_DEADLINE_MS = 60_000;
/** The packet list reads the whole file: 100 GB from a slow disk. */
const PACKETS_DEADLINE_MS = 20 * 60_000;
/** Decoding twelve hours of standard definition, the kind of source that needs it. */
const DECODE_DEADLINE_MS = 60 * 60_000;
/** How many frames are read for their fields. More than any decoder's delay. */
const FIRST_FRAMES = 40;
/** Frames before an edit's start are decoded and not shown; a GOP of 10 s at 120 fps. */
const MAX_HIDDEN_FRAMES = 1_200;

export type ProbeOptions = { signal?: AbortSignal; budget?: TaskBudget };

/** For tools and tests that inspect their own files. */
const DEFAULT_BUDGET: TaskBudget = { cores: 2, memoryBytes: 4 * 1024 ** 3, deadlineMs: DECODE_DEADLINE_MS };

async function ffprobe(
  path: string,
  show: string[],
  deadlineMs: number,
  { signal, budget = DEFAULT_BUDGET }: ProbeOptions,
  onLine?: (line: string) => void,
): Promise<string> {
  const args = probeArgs(path, show, threadsFor(budget));
  const run = { deadlineMs: Math.min(deadlineMs, budget.deadlineMs), limits: probeLimits(budget), signal, onLine };
  return await runForTask('ffprobe', args, run, 'source_not_media', 'reading the source');
}

const runOf = ({ signal, budget = DEFAULT_BUDGET }: ProbeOptions) => ({
  deadlineMs: Math.min(DECODE_DEADLINE_MS, budget.deadlineMs),
  limits: probeLimits(budget),
  signal,
  threads: threadsFor(budget),
});

async function probeJson<T>(schema: z.ZodType<T>, path: string, show: string[], options: ProbeOptions): Promise<T> {
  const text = await ffprobe(path, [...show, '-of', 'json'], HEADER_DEADLINE_MS, options);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TaskFailure('source_not_media', 'ffprobe gave no usable answer', { cause });
  }
}

/** Prints the video stream's `entries` as lines of comma-separated values. */
const showLines = (stream: RawStream, entries: string): string[] => [
  ...['-select_streams', String(stream.index), '-show_entries', entries, '-of', 'csv=p=0'],
];

function checkFrameCount(count: number): void {
  if (count > MAX_FRAME_COUNT) {
    throw new TaskFailure('source_unsupported', `The source has more than ${MAX_FRAME_COUNT} frames`);
  }
}

/** Decodes the whole film for the time of every frame. Slow: minutes per hour. */
async function listDecodedFrames(path: string, stream: RawStream, options: ProbeOptions): Promise<PacketTime[]> {
  const frames: PacketTime[] = [];
  const onLine = (line: string): void => {
    // An empty line follows a frame with side data.
    const ticks = Number.parseInt(line, 10);
    if (Number.isSafeInteger(ticks)) {
      frames.push({ ticks, durationTicks: 0 });
      checkFrameCount(frames.length);
    }
  };
  await ffprobe(path, showLines(stream, 'frame=best_effort_timestamp'), DECODE_DEADLINE_MS, options, onLine);
  return frames;
}

type PacketList = {
  shown: PacketTime[];
  times: 'presentation' | 'decode' | 'guessed';
  /** Packets before the first that is shown. */
  hiddenFirst: number;
  total: number;
};

const integerOf = (text: string): number | null =>
  text !== '' && Number.isSafeInteger(Number(text)) ? Number(text) : null;

async function listPackets(path: string, stream: RawStream, options: ProbeOptions): Promise<PacketList> {
  const shown: PacketTime[] = [];
  const decodeTimes: PacketTime[] = [];
  let [total, hiddenFirst, withoutTime] = [0, 0, 0];
  const onLine = (line: string): void => {
    // `N/A` where a value is unknown.
    const [pts = '', dts = '', duration = '', flags = ''] = line.trim().split(',');
    if (flags === '') {
      return;
    }
    total += 1;
    checkFrameCount(total);
    const [ticks, decodeTicks, durationTicks] = [integerOf(pts), integerOf(dts), integerOf(duration) ?? 0];
    if (flags.includes('D')) {
      // Before the start of an edit list: decoded, never shown.
      hiddenFirst += shown.length === 0 ? 1 : 0;
    } else if (ticks !== null) {
      shown.push({ ticks, durationTicks });
    } else {
      withoutTime += 1;
      if (decodeTicks !== null) {
        decodeTimes.push({ ticks: decodeTicks, durationTicks });
      }
    }
  };
  await ffprobe(path, showLines(stream, 'packet=pts,dts,duration,flags'), PACKETS_DEADLINE_MS, options, onLine);
  if (shown.length === 0) {
    // AVI has decode times only: one per frame, so they serve as well.
    return { shown: decodeTimes, times: 'decode', hiddenFirst, total };
  }
  if (withoutTime === 0) {
    return { shown, times: 'presentation', hiddenFirst, total };
  }
  // MPEG program streams give a time to some frames only, field-coded video to the first field. The decoder guesses the rest.
  return { shown: await listDecodedFrames(path, stream, options), times: 'guessed', hiddenFirst, total };
}

async function readFrames(path: string, stream: RawStream, packets: number, options: ProbeOptions) {
  const show = [
    ...['-select_streams', String(stream.index), '-read_intervals', `%+#${packets}`],
    ...['-show_entries', 'frame=best_effort_timestamp,interlaced_frame'],
  ];
  return (await probeJson(rawFramesSchema, path, show, options)).frames;
}

const hasTime = ({ best_effort_timestamp }: RawFrame): boolean => best_effort_timestamp !== undefined;

function startOf(frames: readonly RawFrame[]): number {
  const ticks = frames.find(hasTime)?.best_effort_timestamp;
  if (ticks === undefined) {
    throw new TaskFailure('decode_failed', 'No frame of the source could be decoded');
  }
  return ticks;
}

function describeVideo(
  stream: RawStream,
  packets: PacketList,
  frames: readonly RawFrame[],
  startTicks: number,
  changes: PictureChanges,
): Pick<SourceFacts, 'video' | 'warnings'> {
  const timeBase = parseRatio(stream.time_base);
  if (timeBase === null) {
    throw new TaskFailure('decode_failed', 'The source does not tell the unit of its times');
  }
  // Leading pictures of an open GOP at the very start cannot be decoded: the film begins with the first that can.
  const shown = packets.shown.filter(({ ticks }) => packets.times === 'decode' || ticks >= startTicks);
  if (shown.length === 0) {
    throw new TaskFailure('decode_failed', 'The source has no frame with a time');
  }
  const claimed = [parseRatio(stream.r_frame_rate), parseRatio(stream.avg_frame_rate)].filter((rate) => rate !== null);
  const { timing, warnings } = deriveFrameTiming(shown, timeBase, claimed);
  const isInterlaced = ['tt', 'bb', 'tb', 'bt'].includes(stream.field_order ?? '');
  const picture = describePicture(stream);
  const peakNits = picture.videoRange === 'SDR' ? undefined : (picture.peakNits ?? changes.peakNits);
  const video: SourceFacts['video'] = {
    streamIndex: stream.index,
    codec: stream.codec_name ?? '',
    ...picture,
    ...describeChanges(changes, picture.rotation),
    ...(peakNits === undefined ? {} : { peakNits }),
    ...timing,
    // Guessed times may differ by a frame after a seek, so frame counts cannot be exact.
    variableFrameRate: timing.variableFrameRate || packets.times === 'guessed',
    startTicks,
    timeBase,
    interlaced:
      isInterlaced || changes.interlacedTicks !== undefined || frames.some((frame) => frame.interlaced_frame === 1),
  };
  return { video, warnings };
}

/** The streams that ffprobe lists; of a source that it gives up, what can be read without the streams it cannot open. */
async function readStreams(path: string, options: ProbeOptions): Promise<RawProbe & { unopened: RawStream[] }> {
  try {
    const show = ['-show_format', '-show_streams', '-show_programs'];
    return { ...(await probeJson(rawProbeSchema, path, show, options)), unopened: [] };
  } catch (error) {
    const isRefused = error instanceof TaskFailure && error.code === 'source_not_media';
    const partial = isRefused ? await readAroundUnopened(path, runOf(options)) : null;
    if (partial === null) {
      throw error;
    }
    const { formatName, streams, unopened } = partial;
    return {
      streams,
      programs: [],
      format: { format_name: formatName, size: undefined, duration: undefined },
      unopened,
    };
  }
}

/** With the languages that ffmpeg does not read. */
async function withLanguages(path: string, probe: RawProbe): Promise<RawStream[]> {
  const { format_name: format } = probe.format;
  const read = format.startsWith('mov')
    ? movieLanguages
    : format.startsWith('matroska')
      ? matroskaLanguages
      : undefined;
  const languages = await read?.(path);
  return probe.streams.map((stream) => {
    const language = languages?.get(stream.index);
    return language === undefined ? stream : { ...stream, tags: { ...stream.tags, language } };
  });
}

/**
 * The facts of a local file. Throws TaskFailure: `source_empty`, `source_not_media`, `source_no_video`,
 * `source_truncated`, `source_unsupported` (facts outside the protocol's limits), `decode_failed`, `time_limit`.
 */
export async function probeSource(path: string, options: ProbeOptions = {}): Promise<SourceFacts> {
  const { size: sizeBytes } = await stat(path);
  if (sizeBytes === 0) {
    throw new TaskFailure('source_empty', 'The source has no bytes');
  }
  const run = runOf(options);
  const raw = await readStreams(path, options);
  const {
    video: stream,
    audio,
    dropped,
  } = chooseStreams({ ...raw, streams: await withLanguages(path, raw) }, raw.unopened);
  checkColour(stream);
  const sound = await keepDecodable(path, audio, raw.unopened, run);
  const end = await declaredEnd(path);
  if (end !== null && end > sizeBytes) {
    throw new TaskFailure('source_truncated', `The source has ${sizeBytes} of the ${end} bytes that it says it has`);
  }
  // Side by side. A failure of the packet list says more, so it is the one that is thrown, after both have ended.
  const reading = readFrames(path, stream, FIRST_FRAMES, options);
  const readChanges = () => readPictureChanges(path, stream, raw.format, run);
  // Not where nothing can be decoded: ffprobe would search the whole file for each picture.
  const changing = reading.then((first) => (first.some(hasTime) ? readChanges() : null));
  const [listing, early] = await Promise.allSettled([listPackets(path, stream, options), changing]);
  if (listing.status === 'rejected') {
    throw listing.reason;
  }
  if (early.status === 'rejected') {
    throw early.reason;
  }
  const packets = listing.value;
  // The index of an MP4 counts samples. A file that was cut off holds fewer.
  if (stream.nb_frames !== undefined && raw.format.format_name.startsWith('mov') && packets.total < stream.nb_frames) {
    throw new TaskFailure(
      'source_truncated',
      `The source has ${packets.total} of the ${stream.nb_frames} frames its index names`,
    );
  }
  const hidden = Math.min(packets.hiddenFirst, MAX_HIDDEN_FRAMES);
  const frames = await (hidden === 0 ? reading : readFrames(path, stream, hidden + FIRST_FRAMES, options));
  const startTicks = startOf(frames);
  const changes = early.value ?? (await readChanges());
  const { video, warnings } = describeVideo(stream, packets, frames, startTicks, changes);
  const facts = sourceFactsSchema.safeParse({
    schema: 1,
    container: raw.format.format_name,
    sizeBytes,
    video,
    audio: describeAudio(sound.audio),
    warnings: [
      ...warnings,
      ...pictureWarnings(video, changes),
      ...surroundWarnings(sound.audio),
      ...droppedWarnings([...dropped, ...sound.dropped]),
    ],
  });
  if (!facts.success) {
    const message = `The source is outside what can be encoded: ${z.prettifyError(facts.error)}`.slice(0, 1000);
    throw new TaskFailure('source_unsupported', message);
  }
  return facts.data;
}
