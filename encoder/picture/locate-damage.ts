/** Finds where in a chunk its source is damaged: decodes it once more, in one thread, and reads what is said after which frame. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { EncodeOptions } from '../media/encode-options.ts';
import { FFMPEG_HEAD, fileUrl, GUARDS } from '../media/ffmpeg-args.ts';
import { runForTask } from '../media/process.ts';
import { chunkLimits } from '../media/task-budget.ts';
import { seekArgs } from './chunk-args.ts';
import { isDamage } from './source-signs.ts';

/** Decoders hold back up to 16 frames, so damage is reported before frames that are shown earlier. */
const HELD_BACK_SECONDS = 0.7;

type Place = Pick<EncodeOptions, 'sourcePath' | 'budget' | 'signal'> & {
  video: VideoPlan;
  chunk: Chunk;
  marginSeconds: number | null;
};

/** Seconds from the film's start to the first damage of the chunk. Null: it is before the chunk or after it. */
export async function locateDamage(place: Place): Promise<number | null> {
  const { sourcePath, video, chunk, budget, signal } = place;
  const { source, frameRate, leadFrames = 0 } = video;
  const framesPerSecond = fractionToNumber(frameRate);
  const zero = source.startTicks * fractionToNumber(source.timeBase) - leadFrames / framesPerSecond;
  const first = chunk.firstFrame / framesPerSecond;
  const end = (chunk.firstFrame + chunk.frameCount) / framesPerSecond;
  let shown = 0;
  let found: number | null = null;
  const onErrorLine = (line: string): void => {
    const [, seconds] = /\bpts_time: *(-?[\d.]+)/.exec(line) ?? [];
    if (seconds !== undefined) {
      shown = Number(seconds) - zero;
    } else if (isDamage(line) && shown >= first - HELD_BACK_SECONDS) {
      found ??= Math.max(first, shown);
    }
  };
  const args = [
    ...[...FFMPEG_HEAD, '-v', 'info', '-copyts', '-max_error_rate', '1', ...GUARDS, '-threads', '1'],
    ...[...seekArgs(place), '-i', fileUrl(sourcePath), '-map', `0:${source.streamIndex}`],
    ...[
      '-vf',
      `trim=end=${(zero + end).toFixed(6)},showinfo=checksum=0`,
      '-fps_mode',
      'passthrough',
      '-f',
      'null',
      '-',
    ],
  ];
  const run = { deadlineMs: budget.deadlineMs, limits: chunkLimits(budget, video, chunk), signal, onErrorLine };
  try {
    await runForTask('ffmpeg', args, run, 'decode_failed', 'finding the damage');
  } catch (error) {
    if (!(error instanceof TaskFailure)) {
      throw error;
    }
    // The chunk itself is encoded. The place is all that is missing.
    return found ?? first;
  }
  return found;
}
