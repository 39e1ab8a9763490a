/** Reads the clocks of a source of which a copy is made: how the copy has to move its parts, and what it has to hold. */
import type { Remux } from '../../src/protocol/source-facts.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { CLOCK_WRAP_SECONDS, RAW_CLOCK } from '../media/remux.ts';
import { type ClockBreaks, ClockReader } from './clock-breaks.ts';
import type { ProbedFile, ProbeOptions } from './ffprobe.ts';
import { type AnyPacket, readAllPackets } from './packets.ts';

/** A source whose clock breaks more often has none. */
const MAX_BREAKS = 50;

type Listing = ClockBreaks & {
  pictures: number;
  /** Pictures without any time. */
  guessed: number;
  /** From the decode time of the first picture to its presentation. */
  delay: number;
  latest: number;
};

async function listClocks(
  file: ProbedFile,
  streams: readonly number[],
  options: ProbeOptions,
  more: readonly string[],
): Promise<Listing> {
  const clock = new ClockReader(streams.length);
  const places = new Map(streams.map((index, place) => [index, place]));
  let [pictures, guessed, latest] = [0, 0, 0];
  let delay: number | undefined;
  const take = ({ index, pts, dts, duration, sizeBytes }: AnyPacket): void => {
    const stream = places.get(index);
    if (stream === undefined) {
      return;
    }
    latest = Math.max(latest, dts ?? pts ?? 0);
    if (stream === 0) {
      // AVI has empty packets for frames that were dropped. They are not copied.
      pictures += sizeBytes > 0 ? 1 : 0;
      guessed += pts === null && dts === null ? 1 : 0;
      delay ??= (pts ?? 0) - (dts ?? pts ?? 0);
    }
    clock.read({ stream, pts, dts, duration });
  };
  await readAllPackets(file, take, options, { more: ['-fflags', '+genpts', ...more] });
  return { ...clock.finish(), pictures, guessed, delay: delay ?? 0, latest };
}

export type SourceClock = { remux: Remux; places: number[]; pictures: number; warnings: Warning[] };

/** `streams`: those of the copy, the picture first. Throws TaskFailure `source_unsupported` where the times say nothing. */
export async function readClock(
  file: ProbedFile,
  container: string,
  streams: number[],
  options: ProbeOptions,
): Promise<SourceClock> {
  const usual = await listClocks(file, streams, options, []);
  // ffmpeg takes a clock that restarts far below its first time for one that has wrapped.
  const isRaw = usual.places.length > 0 && usual.latest >= CLOCK_WRAP_SECONDS;
  const { shifts, places, pictures, guessed, delay } = isRaw
    ? await listClocks(file, streams, options, RAW_CLOCK)
    : usual;
  if (places.length > MAX_BREAKS) {
    const message = `The clock of the source restarts or jumps ${places.length} times; its times say nothing`;
    throw new TaskFailure('source_unsupported', message);
  }
  // AVI has no times: its first picture is shown with its first sound, not after the delay of the decoder.
  const late =
    container === 'avi' && delay > 0
      ? streams.slice(1).map((_, place) => ({ stream: place + 1, packet: 0, seconds: delay }))
      : [];
  const message = `${guessed} pictures of the source have no time stamps; they are shown in steady steps`;
  return {
    remux: { streams, shifts: [...late, ...shifts], ...(isRaw ? { rawClock: true } : {}) },
    ...{ places, pictures, warnings: guessed > 0 ? [{ code: 'times_guessed', message }] : [] },
  };
}
