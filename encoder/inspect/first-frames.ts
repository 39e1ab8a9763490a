/** Decodes the first frames: where the film begins, and how its pictures are coded. */
import { ffprobe, HEADER_DEADLINE_MS, type ProbedFile, type ProbeOptions } from './ffprobe.ts';
import { type RawFrame, type RawStream, rawFramesSchema } from './probe-schema.ts';

/** Packets that are read for the fields of their frames. More than any decoder's delay. */
const FIRST_PACKETS = 40;
/** A source that was cut in mid-GOP: 30 s at 60 fps. */
const MOST_PACKETS = 2_000;
/** Frames before an edit's start are decoded and not shown; a GOP of 10 s at 120 fps. */
const MAX_HIDDEN_FRAMES = 1_200;
const MAX_PRINTED = 4_000;

export type FirstFrames = { frames: RawFrame[]; printed: string };

async function read(file: ProbedFile, stream: RawStream, packets: number, options: ProbeOptions): Promise<FirstFrames> {
  let printed = '';
  const show = [
    ...['-select_streams', String(stream.index), '-read_intervals', `%+#${packets}`],
    ...['-show_entries', 'frame=best_effort_timestamp,interlaced_frame', '-of', 'json'],
  ];
  let text = '{}';
  try {
    const onErrorLine = (line: string): void => {
      printed = `${printed}${line}\n`.slice(-MAX_PRINTED);
    };
    text = await ffprobe(file, show, { deadlineMs: HEADER_DEADLINE_MS, onErrorLine }, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof Error && 'code' in error && error.code === 'source_not_media')) {
      throw error;
    }
  }
  const parsed = rawFramesSchema.safeParse(JSON.parse(text));
  const frames = parsed.success ? parsed.data.frames : [];
  return { frames: frames.filter(({ best_effort_timestamp }) => best_effort_timestamp !== undefined), printed };
}

export const readFirstFrames = (file: ProbedFile, stream: RawStream, options: ProbeOptions): Promise<FirstFrames> =>
  read(file, stream, FIRST_PACKETS, options);

/** Reads on where the first packets gave no frame that is shown. */
export async function readOn(
  file: ProbedFile,
  stream: RawStream,
  first: FirstFrames,
  hidden: number,
  options: ProbeOptions,
): Promise<FirstFrames> {
  if (hidden > 0) {
    return await read(file, stream, Math.min(hidden, MAX_HIDDEN_FRAMES) + FIRST_PACKETS, options);
  }
  return first.frames.length > 0 ? first : await read(file, stream, MOST_PACKETS, options);
}
