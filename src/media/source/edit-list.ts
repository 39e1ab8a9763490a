/** Edit lists (ISO/IEC 14496-12 8.6.6) as encoders write them: one cut, and a short wait before it. Pure. */
import { type Box, type BoxReader, findBox } from '../boxes/boxes.ts';
import { childrenOf, damaged, readTable } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';

/** A track that begins later than that has a hole that players do not fill. */
const MAX_EMPTY_SECONDS = 0.25;
/** 53 bits are exact. */
const MAX_HIGH_WORD = 0x1fffff;

export type Edit = {
  /** Media time that is shown at the film's start; less than 0 where the track waits. */
  startTicks: number;
  /** Media time at which the track ends; null: with its last sample. */
  endTicks: number | null;
};

/** A media time of -1 is an empty edit. */
type Entry = { duration: number; mediaTime: number };

const refused = (detail: string): NotStandard => new NotStandard('edit_list', detail);

function readSigned64(view: DataView, at: number): number {
  const high = view.getInt32(at);
  if (Math.abs(high) > MAX_HIGH_WORD) {
    throw damaged('an edit is out of range');
  }
  return high * 2 ** 32 + view.getUint32(at + 4);
}

function readEntries(reader: BoxReader, elst: Box): Entry[] {
  const { version } = reader.fullBox(elst);
  const isWide = version === 1;
  const entryBytes = isWide ? 20 : 12;
  const { start, count } = readTable(reader, elst, entryBytes);
  if (count > 2) {
    throw refused(`${count} edits`);
  }
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * entryBytes;
    const { view } = reader;
    if (view.getUint32(at + entryBytes - 4) !== 0x10000) {
      throw refused('not at its own speed');
    }
    return isWide
      ? { duration: readSigned64(view, at), mediaTime: readSigned64(view, at + 8) }
      : { duration: view.getUint32(at), mediaTime: view.getInt32(at + 4) };
  });
}

/** Throws NotStandard and CmafError. */
export function readEdit(
  reader: BoxReader,
  trak: readonly Box[],
  { movieTimescale, timescale }: { movieTimescale: number; timescale: number },
): Edit {
  const edts = findBox(trak, 'edts');
  const elst = edts === undefined ? undefined : findBox(childrenOf(reader, edts), 'elst');
  const entries = elst === undefined ? [] : readEntries(reader, elst);
  if (entries.length === 0) {
    return { startTicks: 0, endTicks: null };
  }
  const empty = entries[0]?.mediaTime === -1 ? entries[0].duration : 0;
  const [shown, ...more] = entries[0]?.mediaTime === -1 ? entries.slice(1) : entries;
  if (shown === undefined || more.length > 0 || shown.mediaTime < 0 || shown.duration < 0) {
    throw refused('more than one cut');
  }
  if (empty < 0 || empty > MAX_EMPTY_SECONDS * movieTimescale) {
    throw refused(`begins after ${empty} of 1/${movieTimescale} s`);
  }
  const toMedia = (ticks: number): number => Math.round((ticks / movieTimescale) * timescale);
  return {
    startTicks: shown.mediaTime - toMedia(empty),
    // 0 is what writers of files in pieces put there.
    endTicks: shown.duration === 0 ? null : shown.mediaTime + toMedia(shown.duration),
  };
}
