/** Whether a file has all that its own headers name. A copy that was cut off has not. */
import { TaskFailure } from '../failure/task-failure.ts';
import { declaredEnd } from './declared-end.ts';
import type { ProbedFile, ProbeOptions } from './ffprobe.ts';
import { readAllPackets } from './packets.ts';
import type { RawProbe, RawStream } from './probe-schema.ts';

export async function refuseCutOff(file: ProbedFile, sizeBytes: number): Promise<void> {
  const end = await declaredEnd(file.path);
  if (end !== null && end > sizeBytes) {
    throw new TaskFailure('source_truncated', `The source has ${sizeBytes} of the ${end} bytes that it says it has`);
  }
}

/**
 * The index of an MP4 counts samples. Fewer may be listed because an edit list shows only a part of them, and a box may say
 * that it is longer than its samples: so they are counted without the edit list.
 */
async function countSamples(file: ProbedFile, streams: readonly RawStream[], options: ProbeOptions): Promise<void> {
  const counts = new Map<number, number>();
  const take = ({ index, flags }: { index: number; flags: string }): void => {
    // C: the file ends in the middle of it.
    counts.set(index, (counts.get(index) ?? 0) + (flags.includes('C') ? 0 : 1));
  };
  await readAllPackets(file, take, options, { more: ['-ignore_editlist', '1'] });
  for (const { index, nb_frames: named = 0, codec_type: kind } of streams) {
    const found = counts.get(index) ?? 0;
    if (found < named) {
      const message = `The source has ${found} of the ${named} ${kind} samples that its index names`;
      throw new TaskFailure('source_truncated', message);
    }
  }
}

/** Fragments have no samples in the index, so the end of their boxes has to do. */
export async function checkWhole(
  file: ProbedFile,
  raw: RawProbe,
  kept: readonly RawStream[],
  sizeBytes: number,
  listed: number,
  options: ProbeOptions,
): Promise<void> {
  const [video] = kept;
  const isCounted = raw.format.format_name.startsWith('mov') && (video?.nb_frames ?? 0) > 0;
  if (!isCounted) {
    await refuseCutOff(file, sizeBytes);
    return;
  }
  const end = await declaredEnd(file.path);
  if ((end !== null && end > sizeBytes) || listed < (video?.nb_frames ?? 0)) {
    await countSamples(file, kept, options);
  }
}
