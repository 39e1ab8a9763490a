/** The file of a rendition with a sound, or of a sound alone, of a version that was encoded. */
import { AppError } from '../../errors.ts';
import { CmafError } from '../../media/boxes/boxes.ts';
import { samplesKey, segmentKey, type VersionRef } from '../../media/keys.ts';
import { slicesOf } from '../../media/mp4-file/file-slices.ts';
import { segmentAt } from '../../media/mp4-file/media-layout.ts';
import { chunkOffsets, type FrontPiece, type MovieFile, movieFile } from '../../media/mp4-file/movie-file.ts';
import {
  boxesStart,
  fingerprintOf,
  readSamplesHead,
  SAMPLES_HEAD_BYTES,
  type SamplesHead,
} from '../../media/mp4-file/samples-file.ts';
import type { Track } from '../../media/presentation.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { type ObjectSource, readBytes, retried } from '../objects/objects.ts';
import type { DownloadFile } from './serve-file.ts';
import type { Piece } from './write-pieces.ts';

/** Part of every entity tag: a release that writes files in another way counts it up. */
const LAYOUT = 'd1';
/** Heads of 32 bytes; a film has about ten. */
const MAX_HEADS = 1000;

type SamplesObject = SamplesHead & { key: string; sizeBytes: number };

/** Heads of samples that were asked for lately. Players that seek in a file ask for the same again and again. */
export class SampleHeads {
  readonly #objects: ObjectSource;
  readonly #known = new LruMap<string, SamplesObject>(MAX_HEADS);

  constructor(objects: ObjectSource) {
    this.#objects = objects;
  }

  /** Throws AppError `download_unavailable` where there are none of these segments, and `unavailable`. */
  async read(ref: VersionRef, track: Track): Promise<SamplesObject> {
    const key = samplesKey(ref, track.id);
    const fingerprint = await fingerprintOf(track);
    const known = this.#known.get(key);
    if (known?.fingerprint === fingerprint) {
      return known;
    }
    const read = await this.#fetch(key);
    if (read?.fingerprint !== fingerprint) {
      throw new AppError('download_unavailable');
    }
    this.#known.set(key, read);
    return read;
  }

  async #fetch(key: string): Promise<SamplesObject | null> {
    const object = await retried(() => this.#objects.get(key, { offset: 0, length: SAMPLES_HEAD_BYTES }));
    if (object.kind !== 'found') {
      return null;
    }
    try {
      return { ...readSamplesHead(await readBytes(object)), key, sizeBytes: object.size };
    } catch (error) {
      if (error instanceof CmafError) {
        return null;
      }
      throw error;
    }
  }
}

/** What stands in the index besides the tables: labels may change from revision to revision. */
const tagOf = (track: Track, { fingerprint }: SamplesHead): string =>
  [track.id, ...(track.kind === 'audio' ? [track.language] : []), fingerprint].join('.');

class EncodedFile {
  readonly #objects: ObjectSource;
  readonly #ref: VersionRef;
  readonly #samples: readonly SamplesObject[];
  readonly file: MovieFile;

  constructor(objects: ObjectSource, ref: VersionRef, tracks: readonly Track[], samples: readonly SamplesObject[]) {
    this.#objects = objects;
    this.#ref = ref;
    this.#samples = samples;
    this.file = movieFile(
      tracks.flatMap((track, index) => {
        const own = samples[index];
        return own === undefined ? [] : [{ track, samples: own }];
      }),
    );
  }

  *pieces(offset: number, length: number): Generator<Piece> {
    for (const slice of slicesOf(this.file, offset, length)) {
      if (slice.of === 'front') {
        yield this.#frontPiece(slice.piece, slice.offset, slice.length);
        continue;
      }
      const { track, attempt, number, bytes: sizeBytes } = segmentAt(this.file.media, slice.place);
      const key = segmentKey(this.#ref, track, attempt, number);
      yield { kind: 'stored', key, offset: slice.offset, length: slice.length, sizeBytes };
    }
  }

  #frontPiece(piece: FrontPiece, offset: number, length: number): Piece {
    if (piece.kind === 'bytes') {
      return { kind: 'bytes', read: () => piece.bytes.subarray(offset, offset + length) };
    }
    if (piece.kind === 'offsets') {
      const read = async () => (await this.#chunkOffsets(piece.index)).subarray(offset, offset + length);
      return { kind: 'bytes', read };
    }
    const samples = this.#samplesOf(piece.index);
    const { key, sizeBytes } = samples;
    return { kind: 'stored', key, offset: boxesStart(samples) + offset, length, sizeBytes };
  }

  async #chunkOffsets(index: number): Promise<Uint8Array> {
    const { key, segments } = this.#samplesOf(index);
    const range = { offset: SAMPLES_HEAD_BYTES, length: 4 * segments };
    const object = await retried(() => this.#objects.get(key, range));
    const bytes = object.kind === 'found' ? await readBytes(object) : null;
    if (bytes?.byteLength !== range.length) {
      throw new AppError('download_unavailable');
    }
    return chunkOffsets(this.file, index, bytes);
  }

  #samplesOf(index: number): SamplesObject {
    const samples = this.#samples[index];
    if (samples === undefined) {
      throw new RangeError(`no track ${index} in the file`);
    }
    return samples;
  }
}

type Wanted = { ref: VersionRef; tracks: readonly Track[]; fileName: string };

/** Throws AppError `download_unavailable` and `unavailable`. */
export async function encodedFile(
  objects: ObjectSource,
  heads: SampleHeads,
  { ref, tracks, fileName }: Wanted,
): Promise<DownloadFile> {
  const samples = await Promise.all(tracks.map((track) => heads.read(ref, track)));
  const tags = tracks.flatMap((track, index) => {
    const own = samples[index];
    return own === undefined ? [] : [tagOf(track, own)];
  });
  const encoded = new EncodedFile(objects, ref, tracks, samples);
  const hasPicture = tracks.some(({ kind }) => kind === 'video');
  return {
    sizeBytes: encoded.file.sizeBytes,
    etag: `"${[LAYOUT, ref.version, ...tags].join('-')}"`,
    contentType: hasPicture ? 'video/mp4' : 'audio/mp4',
    fileName,
    pieces: (offset, length) => encoded.pieces(offset, length),
  };
}
