/** A film of any length whose media data repeats, so that little of it has to be stored: 8 Mb/s, a key frame every 4 s. */
import { box, u32, u64 } from '../../src/media/boxes/write-boxes.ts';
import { type MovieOptions, movieIndex, movieSizeBytes } from '../../test/system/movie-index.ts';
import { repeatedKey } from './repeated-key.ts';

const FRAMES_PER_SECOND = 24;
const GOP_SECONDS = 4;
/** Whole numbers of frames, and of packets of AAC at 48 kHz. */
const PERIOD_SECONDS = 16;
const LARGE = {
  frameBytes: 40_000,
  gopFrames: GOP_SECONDS * FRAMES_PER_SECOND,
  periodFrames: PERIOD_SECONDS * FRAMES_PER_SECOND,
} as const;
/** A range that begins in the first one may be that long, less one. */
const STORED_PERIODS = 3;
/** Of an IDR picture. */
const IDR_NAL_TYPE = 0x65;

/** Up to so many seconds. */
const mediaBytes = (seconds: number): number => movieSizeBytes({ ...LARGE, seconds, mediaStart: 0 });

const KEY_FRAME_BYTES = movieSizeBytes({ ...LARGE, seconds: 1 / FRAMES_PER_SECOND, mediaStart: 0, withSound: false });

/** Empty but for the beginnings of key frames, which are checked. */
function period(): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(mediaBytes(PERIOD_SECONDS));
  for (let seconds = 0; seconds < PERIOD_SECONDS; seconds += GOP_SECONDS) {
    const offset = mediaBytes(seconds);
    bytes.writeUInt32BE(KEY_FRAME_BYTES - 4, offset);
    bytes[offset + 4] = IDR_NAL_TYPE;
  }
  return bytes;
}

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The index is in front. `stored` belongs at `key`. */
export function repeatedFilm(name: string, seconds: number): { key: string; stored: Buffer<ArrayBuffer> } {
  const options: MovieOptions = { ...LARGE, seconds };
  const media = period();
  const sizeOfMedia = mediaBytes(seconds);
  const ftyp = box('ftyp', ascii('isom'), u32(512), ascii('isomiso2avc1mp41'));
  const mdat = Buffer.concat([u32(1), ascii('mdat'), u64(16 + sizeOfMedia)]);
  // Offsets of 32 or of 64 bits: both tries are of films of the same size but for their index.
  const indexBytes = movieIndex({ ...options, mediaStart: 0 }).byteLength;
  const startBytes = ftyp.byteLength + indexBytes + mdat.byteLength;
  const moov = movieIndex({ ...options, mediaStart: startBytes });
  if (moov.byteLength !== indexBytes) {
    throw new Error(`${seconds} s: the index grows with its own offsets`);
  }
  return {
    key: repeatedKey(name, { startBytes, periodBytes: media.byteLength, sizeBytes: startBytes + sizeOfMedia }),
    stored: Buffer.concat([ftyp, moov, mdat, ...Array.from({ length: STORED_PERIODS }, () => media)]),
  };
}
