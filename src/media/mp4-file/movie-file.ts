/**
 * An ordinary MP4 of stored segments: ftyp, the index (moov), then one mdat that holds the segments whole. Chunks are
 * segments, so a player reads past styp, moof and the header of mdat in each. Everything but sample tables is made here. Pure.
 */
import { ascii, box, concatBytes, u32, u64 } from '../boxes/write-boxes.ts';
import type { Track } from '../presentation.ts';
import { layOut, type MediaLayout } from './media-layout.ts';
import type { SamplesHead } from './samples-file.ts';
import {
  editList,
  mediaHeaders,
  mediaInformation,
  movieHeader,
  type TrackTimes,
  timesOf,
  trackHeader,
} from './track-boxes.ts';

export type FileTrack = { track: Track; samples: SamplesHead };

/** What stands before the segments, in its order. */
export type FrontPiece =
  | { kind: 'bytes'; bytes: Uint8Array }
  /** The boxes of a track's `samples`. */
  | { kind: 'tables'; index: number; length: number }
  /** Where each of a track's segments has its first sample, in the file. */
  | { kind: 'offsets'; index: number; length: number };

export type MovieFile = {
  tracks: readonly FileTrack[];
  front: readonly FrontPiece[];
  /** Where the first segment begins. */
  mediaStart: number;
  media: MediaLayout;
  sizeBytes: number;
  /** Bytes of an offset in the file: 8 above 4 GiB. */
  offsetBytes: 4 | 8;
};

const lengthOf = (piece: FrontPiece): number => (piece.kind === 'bytes' ? piece.bytes.byteLength : piece.length);
const sizeOf = (pieces: readonly FrontPiece[]): number => pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);

/** A box around pieces that need not be here. */
function around(type: string, pieces: readonly FrontPiece[]): FrontPiece[] {
  const header = concatBytes([u32(8 + sizeOf(pieces)), ascii(type)]);
  return [{ kind: 'bytes', bytes: header }, ...pieces];
}

const made = (...bytes: Uint8Array[]): FrontPiece => ({ kind: 'bytes', bytes: concatBytes(bytes) });

const OFFSETS_HEADER_BYTES = 16;

function trackPieces(
  { track, samples }: FileTrack,
  index: number,
  times: TrackTimes,
  offsetBytes: 4 | 8,
): FrontPiece[] {
  const tables: FrontPiece = { kind: 'tables', index, length: samples.boxesBytes };
  const offsets: FrontPiece = {
    kind: 'offsets',
    index,
    length: OFFSETS_HEADER_BYTES + offsetBytes * samples.segments,
  };
  const information = around('minf', [made(mediaInformation(track)), ...around('stbl', [tables, offsets])]);
  return around('trak', [
    made(trackHeader(track, index + 1, times), editList(times)),
    ...around('mdia', [made(mediaHeaders(track, times)), ...information]),
  ]);
}

function frontOf(tracks: readonly FileTrack[], mediaBytes: number, offsetBytes: 4 | 8): FrontPiece[] {
  const timescale = tracks[0]?.track.timescale ?? 1;
  const times = tracks.map(({ track, samples }) => timesOf(track, samples.shiftTicks, timescale));
  const durationTicks = Math.max(0, ...times.map(({ delayTicks, editTicks }) => delayTicks + editTicks));
  const traks = tracks.flatMap((track, index) => {
    const own = times[index];
    return own === undefined ? [] : trackPieces(track, index, own, offsetBytes);
  });
  const hasPicture = tracks.some(({ track }) => track.kind === 'video');
  const brands = hasPicture ? ['isom', 'isom', 'iso2', 'avc1', 'mp41'] : ['M4A ', 'M4A ', 'isom', 'iso2'];
  const [major = 'isom', ...compatible] = brands;
  const isLarge = mediaBytes + 8 > 0xffffffff;
  return joined([
    made(box('ftyp', ascii(major), u32(0x200), ...compatible.map(ascii))),
    ...around('moov', [made(movieHeader(timescale, durationTicks, tracks.length + 1)), ...traks]),
    isLarge ? made(u32(1), ascii('mdat'), u64(mediaBytes + 16)) : made(u32(mediaBytes + 8), ascii('mdat')),
  ]);
}

/** Neighbours that are here already become one piece. */
function joined(pieces: readonly FrontPiece[]): FrontPiece[] {
  const result: FrontPiece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (piece.kind === 'bytes' && last?.kind === 'bytes') {
      result[result.length - 1] = made(last.bytes, piece.bytes);
    } else {
      result.push(piece);
    }
  }
  return result;
}

/** The first track's clock is the movie's. */
export function movieFile(tracks: readonly FileTrack[]): MovieFile {
  const media = layOut(tracks.map(({ track }) => track));
  const mediaBytes = media.starts.at(-1) ?? 0;
  const small = frontOf(tracks, mediaBytes, 4);
  const fits = sizeOf(small) + mediaBytes <= 0xffffffff;
  const front = fits ? small : frontOf(tracks, mediaBytes, 8);
  const mediaStart = sizeOf(front);
  return { tracks, front, mediaStart, media, sizeBytes: mediaStart + mediaBytes, offsetBytes: fits ? 4 : 8 };
}

/** The box `stco` or `co64` of a track. `firstSampleOffsets`: big-endian, of its `samples`. */
export function chunkOffsets(file: MovieFile, index: number, firstSampleOffsets: Uint8Array): Uint8Array {
  const { media, mediaStart, offsetBytes } = file;
  const inSegment = new DataView(
    firstSampleOffsets.buffer,
    firstSampleOffsets.byteOffset,
    firstSampleOffsets.byteLength,
  );
  const count = inSegment.byteLength / 4;
  const rows = new DataView(new ArrayBuffer(offsetBytes * count));
  let chunk = 0;
  for (let place = 0; place < media.trackAt.length; place++) {
    if (media.trackAt[place] !== index) {
      continue;
    }
    const offset = mediaStart + (media.starts[place] ?? 0) + inSegment.getUint32(4 * chunk);
    if (offsetBytes === 8) {
      rows.setBigUint64(8 * chunk, BigInt(offset));
    } else {
      rows.setUint32(4 * chunk, offset);
    }
    chunk += 1;
  }
  return box(offsetBytes === 8 ? 'co64' : 'stco', u32(0), u32(count), new Uint8Array(rows.buffer));
}
