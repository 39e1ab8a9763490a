/**
 * Streams whose decoder does not open. ffprobe ends at the first of them, even if it is asked about others, so that nothing
 * can be read of the source. Without them, a short copy of it can.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FFMPEG_HEAD, fileUrl, probeArgs, STRANGER_GUARDS } from '../media/ffmpeg-args.ts';
import { ProcessError, type RunOptions, runForTask, runProcess } from '../media/process.ts';
import { type ProbedFile, type ProbeOptions, runOf } from './ffprobe.ts';
import { type RawStream, rawProbeSchema } from './probe-schema.ts';

/** Each costs a run of ffprobe. A file with more is no film. */
const MAX_UNOPENED = 16;
/** Holds the first key frame, which has the parameters. */
const COPY_SECONDS = 2;
const MAX_COPY_BYTES = 64 * 1024 ** 2;

type Run = RunOptions & { threads: number };

/** The index that ffprobe names before it ends; null if it ends for another reason, or does not. */
async function findUnopened(path: string, run: Run): Promise<number | null> {
  try {
    // Of two -v, the later one counts. ffprobe tells at the level of warnings.
    await runProcess(
      'ffprobe',
      probeArgs(path, ['-v', 'warning', '-show_entries', 'format=format_name'], run.threads),
      run,
    );
    return null;
  } catch (error) {
    if (!(error instanceof ProcessError) || error.reason !== 'exit') {
      throw error;
    }
    const index = /Could not open codec for input stream (\d+)/.exec(error.stderrTail)?.[1];
    return index === undefined ? null : Number(index);
  }
}

/** `Stream #0:1[0x2](eng): Audio: aac (mp4a / 0x6134706D), …`, as ffmpeg describes a file that it only opens. */
const STREAM_LINE = /^ *Stream #0:(\d+)(?:\[\w+\])?(?:\((\w+)\))?: (Video|Audio|Subtitle|Data|Attachment): (\w+)/gm;

const FORMAT_LINE = /^Input #0, (\S+), from /m;

async function listStreams(path: string, run: RunOptions): Promise<{ formatName: string; all: RawStream[] }> {
  try {
    await runProcess(
      'ffmpeg',
      ['-nostdin', '-hide_banner', '-v', 'info', ...STRANGER_GUARDS, '-i', fileUrl(path)],
      run,
    );
  } catch (error) {
    // It always ends with "At least one output file must be specified".
    if (error instanceof ProcessError && error.reason === 'exit') {
      const streams = [...error.stderrTail.matchAll(STREAM_LINE)];
      return {
        formatName: FORMAT_LINE.exec(error.stderrTail)?.[1] ?? '',
        all: streams.map(([, index, language, type = '', codec_name = '']) => ({
          index: Number(index),
          codec_type: type.toLowerCase(),
          codec_name,
          ...(language === undefined ? {} : { tags: { language } }),
        })),
      };
    }
    throw error;
  }
  return { formatName: '', all: [] };
}

const copyArgs = (path: string, streams: readonly RawStream[], copyPath: string): string[] => [
  ...[
    ...FFMPEG_HEAD,
    ...STRANGER_GUARDS,
    '-i',
    fileUrl(path),
    '-t',
    String(COPY_SECONDS),
    '-fs',
    String(MAX_COPY_BYTES),
  ],
  ...streams.flatMap(({ index }) => ['-map', `0:${index}`]),
  ...['-c', 'copy', '-f', 'matroska', fileUrl(copyPath)],
];

/** The parameters that the copy has, under the indices of the source. Durations are those of the copy, and left out. */
async function probeCopy(copyPath: string, streams: readonly RawStream[], run: Run): Promise<RawStream[]> {
  const text = await runForTask(
    'ffprobe',
    probeArgs(copyPath, ['-show_streams', '-show_format', '-of', 'json'], run.threads),
    run,
    'source_not_media',
    'reading the source',
  );
  return rawProbeSchema.parse(JSON.parse(text)).streams.flatMap(({ duration: _, ...stream }, place) => {
    const { DURATION: _length, ...tags } = stream.tags ?? {};
    const index = streams[place]?.index;
    return index === undefined ? [] : [{ ...stream, tags, index }];
  });
}

export type PartialProbe = {
  formatName: string;
  streams: RawStream[];
  /** Only what ffmpeg says of them without a decoder. */
  unopened: RawStream[];
};

/**
 * The streams of a source that ffprobe does not read, if that is for streams whose decoder does not open; else null. Every
 * later read must be of a copy without them.
 */
export async function readAroundUnopened({ path }: ProbedFile, options: ProbeOptions): Promise<PartialProbe | null> {
  const run = runOf(options);
  const first = await findUnopened(path, run);
  if (first === null) {
    return null;
  }
  const { formatName, all } = await listStreams(path, run);
  const unopened = all.filter(({ index }) => index === first);
  const directory = await mkdtemp(join(tmpdir(), 'sluice-inspect-'));
  try {
    const copyPath = join(directory, 'copy.mkv');
    while (unopened.length > 0 && unopened.length <= MAX_UNOPENED) {
      const rest = all.filter(
        (stream) => ['video', 'audio'].includes(stream.codec_type ?? '') && !unopened.includes(stream),
      );
      if (rest.length === 0) {
        return { formatName, streams: [], unopened };
      }
      await runForTask('ffmpeg', copyArgs(path, rest, copyPath), run, 'source_not_media', 'reading the source');
      const place = await findUnopened(copyPath, run);
      const next = place === null ? undefined : rest[place];
      if (next === undefined) {
        const untouched = all.filter((stream) => !unopened.includes(stream) && !rest.includes(stream));
        return { formatName, streams: [...(await probeCopy(copyPath, rest, run)), ...untouched], unopened };
      }
      unopened.push(next);
    }
    return null;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
