/** Whether a file has all that its own headers name. A copy that was cut off has not. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { declaredEnd } from './declared-end.ts';
import type { ProbedFile, ProbeOptions } from './ffprobe.ts';
import { type AnyPacket, readAllPackets } from './packets.ts';
import type { RawProbe, RawStream } from './probe-schema.ts';
import { parseRatio } from './source-streams.ts';

export async function refuseCutOff(file: ProbedFile, sizeBytes: number): Promise<void> {
  const end = await declaredEnd(file.path);
  if (end !== null && end > sizeBytes) {
    throw new TaskFailure('source_truncated', `The source has ${sizeBytes} of the ${end} bytes that it says it has`);
  }
}

const tickOf = ({ time_base }: RawStream): number => fractionToNumber(parseRatio(time_base) ?? { num: 1, den: 1 });

/** Of uncompressed sound, the index names each sample, and a packet has a thousand of them. An edit list shortens `duration`. */
const namesTicks = (stream: RawStream): boolean =>
  (stream.nb_frames ?? 0) * tickOf(stream) * 2 > (stream.duration ?? 0);

/**
 * The index of an MP4 counts samples. Fewer may be listed because an edit list shows only a part of them, and a box may say
 * that it is longer than its samples: so they are counted without the edit list.
 */
async function countSamples(file: ProbedFile, streams: readonly RawStream[], options: ProbeOptions): Promise<void> {
  const found = new Map(streams.map((stream) => [stream.index, { packets: 0, ticks: 0, tick: tickOf(stream) }]));
  const take = ({ index, flags, duration }: AnyPacket): void => {
    const count = found.get(index);
    // C: the file ends in the middle of it.
    if (count !== undefined && !flags.includes('C')) {
      count.packets += 1;
      count.ticks += Math.round((duration ?? 0) / count.tick);
    }
  };
  await readAllPackets(file, take, options, { more: ['-ignore_editlist', '1'] });
  for (const stream of streams) {
    const { index, nb_frames: named = 0, codec_type: kind } = stream;
    const { packets = 0, ticks = 0 } = found.get(index) ?? {};
    const count = namesTicks(stream) ? ticks : packets;
    if (count < named) {
      const message = `The source has ${count} of the ${named} ${kind} samples that its index names`;
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
