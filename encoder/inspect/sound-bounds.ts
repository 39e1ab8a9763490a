/** When sound begins and ends, by the clock of its file. */
import type { ProbedFile, ProbeOptions } from './ffprobe.ts';
import { readAllPackets } from './packets.ts';
import type { RawProbe, RawStream } from './probe-schema.ts';

export type Bounds = { begin: number; end: number };

/** Less is the padding of an encoder. */
const LEAST_SECONDS = 0.1;
/** Clusters of Matroska last up to 5 s, and streams end a little apart. */
const TAIL_SECONDS = 15;

const isHeader = ({ format }: RawProbe): boolean => format.format_name.startsWith('mov');
const hasIndex = ({ format }: RawProbe): boolean => format.format_name.startsWith('matroska');

/** MP4 counts the samples of each track in its index, so nothing has to be read. Null if it does not (fragments). */
function declaredBounds(streams: readonly RawStream[]): Bounds[] | null {
  const bounds = streams.flatMap(({ start_time: begin = 0, duration }) =>
    duration === undefined || duration <= 0 ? [] : [{ begin, end: begin + duration }],
  );
  return bounds.length === streams.length ? bounds : null;
}

/** Collects the bounds of streams from their packets. */
export class BoundsReader {
  readonly #bounds = new Map<number, Bounds>();

  read({ index, pts, duration }: { index: number; pts: number | null; duration: number | null }): void {
    if (pts === null) {
      return;
    }
    const bounds = this.#bounds.get(index) ?? { begin: pts, end: pts };
    bounds.begin = Math.min(bounds.begin, pts);
    bounds.end = Math.max(bounds.end, pts + (duration ?? 0));
    this.#bounds.set(index, bounds);
  }

  of = (index: number): Bounds | undefined => this.#bounds.get(index);
}

/** Of the streams that are kept. */
export async function readSoundBounds(
  file: ProbedFile,
  probe: RawProbe,
  streams: readonly RawStream[],
  options: ProbeOptions,
): Promise<Bounds[]> {
  if (streams.length === 0) {
    return [];
  }
  const declared = isHeader(probe) ? declaredBounds(streams) : null;
  if (declared !== null) {
    return declared;
  }
  const { duration = 0, start_time: begin = 0 } = probe.format;
  if (hasIndex(probe) && duration > TAIL_SECONDS && streams.every(({ start_time }) => start_time !== undefined)) {
    const last = new BoundsReader();
    await readAllPackets(file, (packet) => last.read(packet), options, {
      fromSeconds: begin + duration - TAIL_SECONDS,
    });
    const ends = streams.flatMap(({ index, start_time = 0 }) => {
      const end = last.of(index)?.end;
      return end === undefined ? [] : [{ begin: start_time, end }];
    });
    if (ends.length === streams.length) {
      return ends;
    }
  }
  const all = new BoundsReader();
  await readAllPackets(file, (packet) => all.read(packet), options);
  return streams.flatMap(({ index }) => all.of(index) ?? []);
}

/**
 * How long the first and the last picture are held for sound that begins earlier and ends later. `isHeld`: the source holds its
 * last picture, so that it may as well be held to the end of the sound.
 */
export function heldFor(
  picture: Bounds,
  sound: readonly Bounds[],
  isHeld = false,
): { leadSeconds?: number; tailSeconds?: number } {
  const lead = picture.begin - Math.min(picture.begin, ...sound.map(({ begin }) => begin));
  const tail = Math.max(picture.end, ...sound.map(({ end }) => end)) - picture.end;
  return {
    ...(lead > LEAST_SECONDS ? { leadSeconds: lead } : {}),
    ...(tail > (isHeld ? 0 : LEAST_SECONDS) ? { tailSeconds: tail } : {}),
  };
}
