/** Inspects a local source file: ffprobe three times (streams; packet times beside first frames), checked facts out. */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { MAX_FRAME_COUNT } from '../../src/media/limits.ts';
import { type SourceFacts, sourceFactsSchema } from '../../src/protocol/source-facts.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { declaredEnd } from './declared-end.ts';
import { probeArgs } from './ffmpeg-args.ts';
import { deriveFrameTiming, type PacketTime } from './frame-timing.ts';
import { type RawFrame, type RawProbe, type RawStream, rawFramesSchema, rawProbeSchema } from './probe-schema.ts';
import { runProcess, toTaskFailure } from './process.ts';
import { chooseVideoStream, describeAudio, describePicture, parseRatio } from './source-streams.ts';
import { probeLimits, type TaskBudget, threadsFor } from './task-budget.ts';

const HEADER_DEADLINE_MS = 60_000;
/** The packet list reads the whole file: 100 GB from a slow disk. */
const PACKETS_DEADLINE_MS = 20 * 60_000;
/** Decoding twelve hours of standard definition, the kind of source that needs it. */
const DECODE_DEADLINE_MS = 60 * 60_000;
/** Frames looked at for their fields; past any decoder's delay. */
const FIRST_FRAMES = 40;
/** Frames before an edit's start are decoded and not shown; a GOP of 10 s at 120 fps. */
const MAX_HIDDEN_FRAMES = 1_200;

export type ProbeOptions = { signal?: AbortSignal; budget?: TaskBudget };

/** For tools and tests that look at a file of their own. */
const DEFAULT_BUDGET: TaskBudget = { cores: 2, memoryBytes: 4 * 1024 ** 3, deadlineMs: DECODE_DEADLINE_MS };

type PacketList = {
  shown: PacketTime[];
  hasPresentationTimes: boolean;
  isGuessed: boolean;
  hiddenFirst: number;
  total: number;
};

async function ffprobe(
  path: string,
  show: string[],
  deadlineMs: number,
  { signal, budget = DEFAULT_BUDGET }: ProbeOptions,
  onLine?: (line: string) => void,
): Promise<string> {
  try {
    return await runProcess('ffprobe', probeArgs(path, show, threadsFor(budget)), {
      deadlineMs: Math.min(deadlineMs, budget.deadlineMs),
      limits: probeLimits(budget),
      ...(signal === undefined ? {} : { signal }),
      ...(onLine === undefined ? {} : { onLine }),
    });
  } catch (error) {
    throw toTaskFailure(error, 'source_not_media', 'reading the source');
  }
}

function parseJson<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TaskFailure('source_not_media', 'ffprobe gave no usable answer', { cause });
  }
}

async function probeStreams(path: string, options: ProbeOptions): Promise<RawProbe> {
  const show = ['-show_format', '-show_streams', '-of', 'json'];
  return parseJson(rawProbeSchema, await ffprobe(path, show, HEADER_DEADLINE_MS, options));
}

/** Decodes the whole film for the time of every frame. Slow: minutes per hour. */
async function listDecodedFrames(path: string, stream: RawStream, options: ProbeOptions): Promise<PacketTime[]> {
  const frames: PacketTime[] = [];
  const onLine = (line: string): void => {
    // Frames with side data are followed by an empty line.
    const ticks = Number.parseInt(line, 10);
    if (Number.isSafeInteger(ticks)) {
      if (frames.length === MAX_FRAME_COUNT) {
        throw new TaskFailure('source_unsupported', `The source has more than ${MAX_FRAME_COUNT} frames`);
      }
      frames.push({ ticks, durationTicks: 0 });
    }
  };
  const show = [
    ...['-select_streams', String(stream.index)],
    ...['-show_entries', 'frame=best_effort_timestamp', '-of', 'csv=p=0'],
  ];
  await ffprobe(path, show, DECODE_DEADLINE_MS, options, onLine);
  return frames;
}

/** One line per packet: `pts,dts,duration,flags`, `N/A` where unknown. */
async function listPackets(path: string, stream: RawStream, options: ProbeOptions): Promise<PacketList> {
  const list: PacketList = { shown: [], hasPresentationTimes: true, isGuessed: false, hiddenFirst: 0, total: 0 };
  const withoutTime: PacketTime[] = [];
  let packetsWithoutTime = 0;
  const onLine = (line: string): void => {
    const [pts = '', dts = '', duration = '', flags = ''] = line.trim().split(',');
    if (flags === '') {
      return;
    }
    list.total += 1;
    if (list.total > MAX_FRAME_COUNT) {
      throw new TaskFailure('source_unsupported', `The source has more than ${MAX_FRAME_COUNT} frames`);
    }
    if (flags.includes('D')) {
      // Before the start of an edit list: decoded, never shown.
      list.hiddenFirst += list.shown.length === 0 ? 1 : 0;
      return;
    }
    const durationTicks = Number.isSafeInteger(Number(duration)) ? Number(duration) : 0;
    if (Number.isSafeInteger(Number(pts)) && pts !== '') {
      list.shown.push({ ticks: Number(pts), durationTicks });
      return;
    }
    packetsWithoutTime += 1;
    if (Number.isSafeInteger(Number(dts)) && dts !== '') {
      withoutTime.push({ ticks: Number(dts), durationTicks });
    }
  };
  const show = [
    '-select_streams',
    String(stream.index),
    '-show_entries',
    'packet=pts,dts,duration,flags',
    '-of',
    'csv=p=0',
  ];
  await ffprobe(path, show, PACKETS_DEADLINE_MS, options, onLine);
  // AVI has decode times only: one per frame, so they serve as well.
  if (list.shown.length === 0) {
    return { ...list, shown: withoutTime, hasPresentationTimes: false };
  }
  // MPEG program streams give a time to some frames only, and field-coded video to the first field: only the decoder knows.
  return packetsWithoutTime === 0
    ? list
    : { ...list, shown: await listDecodedFrames(path, stream, options), isGuessed: true };
}

async function readFrames(
  path: string,
  stream: RawStream,
  packets: number,
  options: ProbeOptions,
): Promise<RawFrame[]> {
  const show = [
    ...['-select_streams', String(stream.index), '-read_intervals', `%+#${packets}`],
    ...['-show_entries', 'frame=best_effort_timestamp,interlaced_frame', '-of', 'json'],
  ];
  return parseJson(rawFramesSchema, await ffprobe(path, show, HEADER_DEADLINE_MS, options)).frames;
}

/** The packets of the whole film, and its first frames beside them; again, and further, where an edit list hides those. */
async function readPacketsAndFrames(
  path: string,
  stream: RawStream,
  options: ProbeOptions,
): Promise<{ packets: PacketList; framesOf: () => Promise<RawFrame[]> }> {
  const first = readFrames(path, stream, FIRST_FRAMES, options);
  // What is wrong with the packets says more: it is told first.
  const settled = first.catch(() => undefined);
  try {
    const packets = await listPackets(path, stream, options);
    const hidden = Math.min(packets.hiddenFirst, MAX_HIDDEN_FRAMES);
    const framesOf = (): Promise<RawFrame[]> =>
      hidden === 0 ? first : readFrames(path, stream, hidden + FIRST_FRAMES, options);
    return { packets, framesOf };
  } finally {
    // Nothing of it may run on after the task.
    await settled;
  }
}

function isInterlaced(stream: RawStream, frames: readonly RawFrame[]): boolean {
  return (
    ['tt', 'bb', 'tb', 'bt'].includes(stream.field_order ?? '') || frames.some((frame) => frame.interlaced_frame === 1)
  );
}

function describeVideo(stream: RawStream, packets: PacketList, frames: readonly RawFrame[]): SourceFacts['video'] {
  const timeBase = parseRatio(stream.time_base);
  const startTicks = frames.find((frame) => frame.best_effort_timestamp !== undefined)?.best_effort_timestamp;
  if (timeBase === null || startTicks === undefined) {
    throw new TaskFailure('decode_failed', 'No frame of the source could be decoded');
  }
  // Leading pictures of an open GOP at the very start cannot be decoded: the film begins with the first that can.
  const shown = packets.shown.filter(({ ticks }) => !packets.hasPresentationTimes || ticks >= startTicks);
  if (shown.length === 0) {
    throw new TaskFailure('decode_failed', 'The source has no frame with a time');
  }
  const claimed = [parseRatio(stream.r_frame_rate), parseRatio(stream.avg_frame_rate)].filter((rate) => rate !== null);
  const timing = deriveFrameTiming(shown, timeBase, claimed);
  return {
    streamIndex: stream.index,
    codec: stream.codec_name ?? '',
    ...describePicture(stream),
    ...timing,
    // Times that the decoder had to guess may differ by a frame after a seek; counts are then not exact by nature.
    variableFrameRate: timing.variableFrameRate || packets.isGuessed,
    startTicks,
    timeBase,
    interlaced: isInterlaced(stream, frames),
  };
}

/**
 * The facts of a local file. Throws TaskFailure: `source_empty`, `source_not_media`, `source_no_video`,
 * `source_truncated`, `source_unsupported` (facts outside the contract's limits), `decode_failed`, `time_limit`.
 */
export async function probeSource(path: string, options: ProbeOptions = {}): Promise<SourceFacts> {
  const { size: sizeBytes } = await stat(path);
  if (sizeBytes === 0) {
    throw new TaskFailure('source_empty', 'The source has no bytes');
  }
  const raw = await probeStreams(path, options);
  const stream = chooseVideoStream(raw.streams);
  const end = await declaredEnd(path);
  if (end !== null && end > sizeBytes) {
    throw new TaskFailure('source_truncated', `The source has ${sizeBytes} of the ${end} bytes that it says it has`);
  }
  const { packets, framesOf } = await readPacketsAndFrames(path, stream, options);
  // The index of an MP4 counts samples; a file that was cut off holds fewer.
  if (stream.nb_frames !== undefined && raw.format.format_name.startsWith('mov') && packets.total < stream.nb_frames) {
    throw new TaskFailure(
      'source_truncated',
      `The source has ${packets.total} of the ${stream.nb_frames} frames its index names`,
    );
  }
  const frames = await framesOf();
  const facts = sourceFactsSchema.safeParse({
    schema: 1,
    container: raw.format.format_name,
    sizeBytes,
    video: describeVideo(stream, packets, frames),
    audio: describeAudio(raw.streams),
  });
  if (!facts.success) {
    throw new TaskFailure(
      'source_unsupported',
      `The source is outside what can be encoded: ${z.prettifyError(facts.error)}`.slice(0, 1000),
    );
  }
  return facts.data;
}
