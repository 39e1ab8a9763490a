/** The packets of a file: times of one video stream for the frame grid, or of all streams for their clocks and ends. */

import {
  checkFrameCount,
  DECODE_DEADLINE_MS,
  ffprobe,
  integerOf,
  PACKETS_DEADLINE_MS,
  type ProbedFile,
  type ProbeOptions,
  secondsOf,
  showLines,
} from './ffprobe.ts';
import type { PacketTime } from './frame-timing.ts';
import type { RawStream } from './probe-schema.ts';
import { encrypted } from './refusals.ts';

export type PacketList = {
  shown: PacketTime[];
  /** Of those in `shown`, in the order of the file, how many come before the first key frame, and its time. */
  beforeKey: number;
  keyTicks: number | null;
  withoutTime: number;
  areDecodeTimes?: true;
  /** Packets before the first that is shown. */
  hiddenFirst: number;
  total: number;
};

/** Every packet of a video stream. */
export async function listPackets(file: ProbedFile, stream: RawStream, options: ProbeOptions): Promise<PacketList> {
  const list: PacketList = { shown: [], beforeKey: 0, keyTicks: null, withoutTime: 0, hiddenFirst: 0, total: 0 };
  const decodeTimes: PacketTime[] = [];
  const onLine = (line: string): void => {
    // `N/A` where a value is unknown.
    const [pts, dts, duration, flags = '', sideData] = line.trim().split(',');
    if (flags === '') {
      return;
    }
    if (sideData === 'Encryption info') {
      throw encrypted();
    }
    list.total += 1;
    checkFrameCount(list.total);
    const ticks = integerOf(pts);
    if (list.keyTicks === null && ticks !== null && flags.startsWith('K')) {
      list.keyTicks = ticks;
      list.beforeKey = list.shown.length;
    }
    if (flags.includes('D')) {
      // Before the start of an edit list: decoded, never shown.
      list.hiddenFirst += list.shown.length === 0 ? 1 : 0;
    } else if (ticks === null) {
      list.withoutTime += 1;
      decodeTimes.push({ ticks: integerOf(dts) ?? 0, durationTicks: integerOf(duration) ?? 0 });
    } else {
      list.shown.push({ ticks, durationTicks: integerOf(duration) ?? 0 });
    }
  };
  const show = showLines('packet=pts,dts,duration,flags:packet_side_data=side_data_type', stream);
  await ffprobe(file, show, { deadlineMs: PACKETS_DEADLINE_MS, onLine }, options);
  // AVI has decode times only: one per frame, so they serve as well.
  return list.shown.length > 0 ? list : { ...list, shown: decodeTimes, withoutTime: 0, areDecodeTimes: true };
}

/** Decodes the whole film for the time of every frame. Slow: minutes per hour. */
export async function listDecodedFrames(
  file: ProbedFile,
  stream: RawStream,
  options: ProbeOptions,
): Promise<PacketTime[]> {
  const frames: PacketTime[] = [];
  const onLine = (line: string): void => {
    // An empty line follows a frame with side data.
    const ticks = Number.parseInt(line, 10);
    if (Number.isSafeInteger(ticks)) {
      frames.push({ ticks, durationTicks: 0 });
      checkFrameCount(frames.length);
    }
  };
  const show = showLines('frame=best_effort_timestamp', stream);
  await ffprobe(file, show, { deadlineMs: DECODE_DEADLINE_MS, onLine }, options);
  return frames;
}

/** Seconds; null where the packet has none. */
export type AnyPacket = {
  index: number;
  pts: number | null;
  dts: number | null;
  duration: number | null;
  sizeBytes: number;
  flags: string;
};

/** Calls `take` with each packet of all streams, in the order of the file, from `fromSeconds` on. */
export async function readAllPackets(
  file: ProbedFile,
  take: (packet: AnyPacket) => void,
  options: ProbeOptions,
  { fromSeconds, more = [] }: { fromSeconds?: number; more?: readonly string[] } = {},
): Promise<void> {
  const onLine = (line: string): void => {
    const [index, pts, dts, duration, size, flags = ''] = line.trim().split(',');
    if (flags !== '') {
      take({
        index: Number(index),
        ...{ pts: secondsOf(pts), dts: secondsOf(dts), duration: secondsOf(duration) },
        ...{ sizeBytes: Number(size), flags },
      });
    }
  };
  const interval = fromSeconds === undefined ? [] : ['-read_intervals', `${fromSeconds.toFixed(3)}%`];
  const show = [...more, ...interval, ...showLines('packet=stream_index,pts_time,dts_time,duration_time,size,flags')];
  await ffprobe(file, show, { deadlineMs: PACKETS_DEADLINE_MS, onLine }, options);
}
