/** Reads a range of a source and gives each track what is its own. What no track wants is read over. */
import type { MadeSegment } from '../../media/made/made-segment.ts';
import type { Slice } from '../../media/source/standard-source.ts';
import { inTime, type StartTimer } from '../../platform/timer.ts';
import { PIECE_BYTES } from './limits.ts';
import { SliceWalk } from './slices.ts';

/** Where a track's bytes go. */
export interface Sink {
  readonly slices: readonly Slice[];
  /** Bytes of a piece, in their order. They are overwritten once `endPiece` is done. */
  take(part: Uint8Array): void;
  endPiece(piece: Uint8Array): Promise<void> | undefined;
}

type PieceReader = Pick<ReadableStreamBYOBReader, 'read' | 'readAtLeast'>;

/** A reader whose reads throw AppError `unavailable` after their time. The caller cancels it then. */
export const timedReader = (reader: PieceReader, waitMs: number, startTimer: StartTimer): PieceReader => ({
  read: (view) => inTime(reader.read(view), waitMs, startTimer),
  readAtLeast: (bytes, view) => inTime(reader.readAtLeast(bytes, view), waitMs, startTimer),
});

/** `reader` gives the bytes of `range`. Throws where they end early or go on. The caller cancels it. */
export async function demultiplex(reader: PieceReader, range: Slice, sinks: readonly Sink[]): Promise<void> {
  const walks = sinks.map((sink) => ({ sink, walk: new SliceWalk(sink.slices) }));
  let buffer = new Uint8Array(Math.min(PIECE_BYTES, range.length));
  for (let done = 0; done < range.length; ) {
    // The buffer goes with the call and comes back with the answer.
    const { value: piece } = await reader.readAtLeast(Math.min(buffer.byteLength, range.length - done), buffer);
    if (piece === undefined || piece.byteLength === 0) {
      throw new Error(`${done} bytes of ${range.length}`);
    }
    for (const { sink, walk } of walks) {
      for (const part of walk.partsOf(piece, range.offset + done)) {
        sink.take(part);
      }
      await sink.endPiece(piece);
    }
    done += piece.byteLength;
    buffer = new Uint8Array(piece.buffer);
  }
  // Read to the end, the stream holds on to nothing.
  if (!(await reader.read(new Uint8Array(1))).done) {
    throw new Error(`more than ${range.length} bytes`);
  }
}

/** Into memory of its own. */
export class BufferSink implements Sink {
  readonly slices: readonly Slice[];
  readonly bytes: Uint8Array<ArrayBuffer>;
  #filled: number;

  constructor({ header, slices, sizeBytes }: MadeSegment) {
    this.slices = slices;
    this.bytes = new Uint8Array(sizeBytes);
    this.bytes.set(header);
    this.#filled = header.byteLength;
  }

  take(part: Uint8Array): void {
    this.bytes.set(part, this.#filled);
    this.#filled += part.byteLength;
  }

  endPiece(): undefined {}

  /** Throws Error. */
  requireWhole(): void {
    if (this.#filled !== this.bytes.byteLength) {
      throw new Error(`${this.#filled} bytes of ${this.bytes.byteLength}`);
    }
  }
}

/** To a client. A track's bytes are moved together within the piece that they came with, and go in one write. */
export class StreamSink implements Sink {
  readonly slices: readonly Slice[];
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #taken: Uint8Array[] = [];

  constructor(slices: readonly Slice[], writer: WritableStreamDefaultWriter<Uint8Array>) {
    this.slices = slices;
    this.#writer = writer;
  }

  take(part: Uint8Array): void {
    this.#taken.push(part);
  }

  async endPiece(piece: Uint8Array): Promise<void> {
    let packed = 0;
    for (const part of this.#taken) {
      piece.set(part, packed);
      packed += part.byteLength;
    }
    this.#taken = [];
    if (packed > 0) {
      await this.#writer.write(piece.subarray(0, packed));
    }
  }
}
