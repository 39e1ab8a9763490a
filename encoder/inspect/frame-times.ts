/** The time of each frame that is shown: from the packets, or from decoding where packets are no frames. */

import type { ProbedFile, ProbeOptions } from './ffprobe.ts';
import type { PacketTime } from './frame-timing.ts';
import { listDecodedFrames, type PacketList } from './packets.ts';
import type { RawFrame, RawStream } from './probe-schema.ts';

/** Their two fields may be two packets. The parsers of others put them together. */
const FIELD_CODECS: ReadonlySet<string> = new Set(['h264', 'vc1', 'mpeg2video']);
/** A distance is half of the usual one if it is off by less than this share. */
const HALF_TOLERANCE = 0.1;

/** Two packets in a row that are each half a frame long. */
function hasFieldPairs(packets: readonly PacketTime[]): boolean {
  const ticks = packets.map((packet) => packet.ticks).toSorted((a, b) => a - b);
  const gaps = ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? 0));
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const isHalf = (gap: number | undefined): boolean =>
    gap !== undefined && Math.abs(gap - usual / 2) < (usual / 2) * HALF_TOLERANCE;
  return gaps.some((gap, index) => isHalf(gap) && isHalf(gaps[index + 1]));
}

/** Whether more packets than frames lie among the first decoded frames. */
function outnumber(packets: readonly PacketTime[], frames: readonly RawFrame[]): boolean {
  const times = frames.flatMap(({ best_effort_timestamp: ticks }) => ticks ?? []);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  return packets.filter(({ ticks }) => ticks >= first && ticks <= last).length > times.length;
}

function mayBeFields(stream: RawStream, packets: readonly PacketTime[], frames: readonly RawFrame[]): boolean {
  if (outnumber(packets, frames)) {
    return true;
  }
  const isInterlaced = frames.some(({ interlaced_frame }) => interlaced_frame === 1);
  const mayPair = FIELD_CODECS.has(stream.codec_name ?? '') && (isInterlaced || stream.field_order !== 'progressive');
  return mayPair && hasFieldPairs(packets);
}

/** `areGuessed`: the file lacks times, and the decoder made them up. */
export async function frameTimes(
  file: ProbedFile,
  stream: RawStream,
  packets: PacketList,
  frames: readonly RawFrame[],
  options: ProbeOptions,
): Promise<{ times: PacketTime[]; areGuessed: boolean }> {
  // Frames without a time, where the container gives it to some only. The decoder guesses the rest.
  const areGuessed = packets.withoutTime > 0;
  if (packets.areDecodeTimes || (!areGuessed && !mayBeFields(stream, packets.shown, frames))) {
    return { times: packets.shown, areGuessed };
  }
  const times = await listDecodedFrames(file, stream, options);
  const lastPacket = packets.shown.reduce((last, packet) => (packet.ticks > last.ticks ? packet : last), {
    ticks: Number.NEGATIVE_INFINITY,
    durationTicks: 0,
  });
  const last = times.at(-1);
  if (last !== undefined && Number.isFinite(lastPacket.ticks)) {
    last.durationTicks = Math.max(0, lastPacket.ticks + lastPacket.durationTicks - last.ticks);
  }
  return { times, areGuessed };
}
