/**
 * Copies a source, packet by packet, into a NUT file with one timeline and an index of key frames. MPEG transport and program
 * streams, AVI and FLV have clocks that restart, frames without times, or no index; of the copy, times and seeks are exact.
 */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Remux } from '../../src/protocol/source-facts.ts';
import { DEEP_GUARDS, FFMPEG_HEAD, fileUrl, probeArgs } from './ffmpeg-args.ts';
import { removeShapeOf } from './nut-shape.ts';
import { ProcessError, type RunOptions, runProcess, toTaskFailure } from './process.ts';
import { probeLimits, remuxLimits, type TaskBudget, threadsFor } from './task-budget.ts';

/** ffprobe's names of the formats that are always copied. Others have an index and keep to one clock. */
const REMUXED_FORMATS: ReadonlySet<string> = new Set(['mpegts', 'mpeg', 'avi', 'flv']);
/** Their pictures alone say what shape they have. */
const SHAPELESS_FORMATS: ReadonlySet<string> = new Set(['mpegts', 'mpeg', 'flv']);
/** AVI has no presentation times, and ffmpeg makes none for codecs that put their pictures into any order. */
const UNTIMED_IN_AVI: ReadonlySet<string> = new Set(['h264', 'hevc']);

export const isRemuxed = (formatName: string, videoCodec = ''): boolean =>
  REMUXED_FORMATS.has(formatName) && !(formatName === 'avi' && UNTIMED_IN_AVI.has(videoCodec));

/** A transport stream counts to 2^33 ticks. */
export const CLOCK_WRAP_SECONDS = 2 ** 33 / 90_000;
/** Times are read as they stand. ffmpeg would else add a wrap to those far below the first. */
export const RAW_CLOCK: readonly string[] = ['-correct_ts_overflow', '0'];

/** 100 GB from a slow disk. */
const DEADLINE_MS = 20 * 60_000;
const HEADER_DEADLINE_MS = 60_000;
/** Decoded sound is larger than a film of low quality. More than this is no copy of the source. */
const MAX_GROWTH = 8;
const GROWTH_BASE_BYTES = 64 * 1024 ** 2;

const headerSchema = z.object({
  format: z.object({ format_name: z.string() }),
  streams: z.array(
    z.object({
      index: z.int(),
      codec_type: z.string().optional(),
      codec_name: z.string().default(''),
      sample_rate: z.coerce.number().optional(),
      time_base: z.string().default(''),
    }),
  ),
});
type Header = z.infer<typeof headerSchema>;

/** MPEG's. Fine enough for NUT, which takes it for pictures, and the sample rate for sound. */
const VIDEO_CLOCK_HZ = 90_000;

/** Sound that NUT files hold as it is. What is not here, is decoded for the copy: WMA lacks its block size, LATM its tag. */
const COPIED_SOUND =
  /^(aac|mp[23]|e?ac3|dts|truehd|mlp|flac|vorbis|opus|adpcm_(ms|ima_wav)|pcm_([su](8|16|24|32)[lb]?e?|[am]ulaw))$/;

function isCopied(container: string, codec: string, sampleRate = 0): boolean {
  // From the blocks that AVI cuts 44.1 kHz MP2 and MP3 into, ffmpeg 5.1 makes NUT files that cannot be read.
  const isSpoilt = container === 'avi' && (codec === 'mp2' || (codec === 'mp3' && sampleRate === 44_100));
  return COPIED_SOUND.test(codec) && !isSpoilt;
}

/** Steps that add up: nested conditions would be deeper than ffmpeg's expressions may be. */
function shiftExpression(shifts: readonly { packet: number; seconds: number }[]): string {
  const steps = shifts.map(({ packet, seconds }, index) => {
    const step = (seconds - (shifts[index - 1]?.seconds ?? 0)).toFixed(6);
    return packet === 0 ? step : `${step}*gte(N,${packet})`;
  });
  return steps.length === 0 ? '' : `+round((${steps.join('+')})/TB)`;
}

function streamArgs({ streams, shifts }: Remux, { format, streams: headers }: Header): string[] {
  const isDecoded = (index: number): boolean =>
    headers.some(
      (one) =>
        one.index === index &&
        one.codec_type === 'audio' &&
        !isCopied(format.format_name, one.codec_name, one.sample_rate),
    );
  const waits = streams.some(isDecoded);
  return streams.flatMap((index, place) => {
    const found = headers.find((header) => header.index === index);
    const { codec_name: codec = '', sample_rate: clock = VIDEO_CLOCK_HZ, time_base: timeBase = '' } = found ?? {};
    const shift = shiftExpression(shifts.filter(({ stream }) => stream === place));
    // A packet without a presentation time is shown when it is decoded: NUT cannot hold one without.
    const times = `setts=pts='if(eq(PTS,NOPTS),DTS,PTS)${shift}':dts='DTS${shift}'`;
    // Two frames in one packet, as DivX stored them, have no times of their own.
    const filters = codec === 'mpeg4' ? `mpeg4_unpack_bframes,${times}` : times;
    const coding = isDecoded(index) ? 'pcm_s16le' : 'copy';
    // ffmpeg 5.1 gives `setts` the TB of this hint, but ticks of the muxer, or of the source while the muxer waits for an
    // encoder. So the hint says what they will be.
    const hint = waits && coding === 'copy' ? timeBase : `1/${clock}`;
    return ['-map', `0:${index}`, `-c:${place}`, coding, `-bsf:${place}`, filters, `-time_base:${place}`, hint];
  });
}

const remuxArgs = (sourcePath: string, remux: Remux, header: Header): string[] => [
  ...FFMPEG_HEAD,
  // -copyts: ffmpeg would else join parts of different clocks in its own way.
  ...['-copyts', '-fflags', '+genpts', ...(remux.rawClock ? RAW_CLOCK : []), ...DEEP_GUARDS, '-i', fileUrl(sourcePath)],
  ...streamArgs(remux, header),
  // -copyinkf: packets before the first key frame count too.
  ...['-copyinkf', '-map_metadata', '-1', '-map_chapters', '-1', '-f', 'nut'],
];

/** Nothing of a source that ffprobe gives up, because a decoder of one of its streams does not open. It has no shifts. */
async function readCodecs(args: readonly string[], run: RunOptions): Promise<Header> {
  try {
    return headerSchema.parse(JSON.parse(await runProcess('ffprobe', args, run)));
  } catch (error) {
    if (error instanceof ProcessError && error.reason === 'exit') {
      return { format: { format_name: '' }, streams: [] };
    }
    throw toTaskFailure(error, 'decode_failed', 'reading the source');
  }
}

export type RemuxOptions = { budget: TaskBudget; signal?: AbortSignal | undefined };

/** Writes the copy. Throws TaskFailure `decode_failed`, `resource_limit` or `time_limit`, or the reason of `signal`. */
export async function remuxSource(
  sourcePath: string,
  remux: Remux,
  copyPath: string,
  { budget, signal }: RemuxOptions,
): Promise<void> {
  const show = [
    '-show_entries',
    'stream=index,codec_type,codec_name,sample_rate,time_base:format=format_name',
    '-of',
    'json',
  ];
  const probe = { deadlineMs: HEADER_DEADLINE_MS, limits: probeLimits(budget), signal };
  const args = probeArgs(sourcePath, show, threadsFor(budget), DEEP_GUARDS);
  const header = await readCodecs(args, probe);
  const { size } = await stat(sourcePath);
  const limits = remuxLimits(budget, size * MAX_GROWTH + GROWTH_BASE_BYTES);
  const run = { deadlineMs: DEADLINE_MS, limits, signal };
  const copy = (more: readonly string[]): Promise<string> =>
    runProcess('ffmpeg', [...remuxArgs(sourcePath, remux, header), ...more, fileUrl(copyPath)], run);
  try {
    await copy([]).catch((error: unknown) => {
      // Its index cannot have two key frames of one time, as parts that overlap have: ffmpeg aborts. Seeks work without, too.
      if (error instanceof ProcessError && error.reason === 'killed') {
        return copy(['-write_index', '0']);
      }
      throw error;
    });
  } catch (error) {
    throw toTaskFailure(error, 'decode_failed', 'copying the source');
  }
  if (SHAPELESS_FORMATS.has(header.format.format_name)) {
    await removeShapeOf(copyPath);
  }
}
