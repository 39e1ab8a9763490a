/**
 * An answer that is written of several pieces, one after another: bytes, or ranges of stored objects, which the runtime copies without
 * JavaScript. A piece that is missing or not what it was cuts the connection: a client sees that bytes are missing, and never
 * gets wrong ones.
 */
import { AppError } from '../../errors.ts';
import { type ObjectSource, retried } from '../objects/objects.ts';

export type Piece =
  | { kind: 'bytes'; read: () => Promise<Uint8Array> | Uint8Array }
  /** Of an object of this size; with this entity tag, where one is given. */
  | { kind: 'stored'; key: string; offset: number; length: number; sizeBytes: number; etag?: string };

type Opened = Uint8Array | ReadableStream<Uint8Array>;

/** Pieces that are asked for before their turn. A stored one waits without being read. */
const READ_AHEAD = 2;

/** Throws AppError `download_unavailable` where the object is not what it was, and `unavailable`. */
async function open(objects: ObjectSource, piece: Piece): Promise<Opened> {
  if (piece.kind === 'bytes') {
    return piece.read();
  }
  const { key, offset, length, sizeBytes, etag } = piece;
  const object = await retried(() => objects.get(key, { offset, length }));
  if (object.kind !== 'found') {
    throw new AppError('download_unavailable');
  }
  const { body } = object;
  if (object.size !== sizeBytes || object.part.length !== length || (etag !== undefined && object.etag !== etag)) {
    await drop(body);
    throw new AppError('download_unavailable');
  }
  return body;
}

const drop = async (body: Opened): Promise<void> => {
  await (body instanceof ReadableStream && body.cancel().catch(() => undefined));
};

/** Opens pieces in their order, some ahead. */
class PieceQueue {
  readonly #objects: ObjectSource;
  readonly #pieces: Iterator<Piece>;
  readonly #ahead: Promise<Opened>[] = [];

  constructor(objects: ObjectSource, pieces: Iterator<Piece>) {
    this.#objects = objects;
    this.#pieces = pieces;
    this.#fill();
  }

  #fill(): void {
    while (this.#ahead.length < READ_AHEAD) {
      const next = this.#pieces.next();
      if (next.done === true) {
        return;
      }
      const opened = open(this.#objects, next.value);
      // It is told when its turn comes.
      opened.catch(() => undefined);
      this.#ahead.push(opened);
    }
  }

  /** Null behind the last. */
  async next(): Promise<Opened | null> {
    const opened = this.#ahead.shift();
    if (opened === undefined) {
      return null;
    }
    this.#fill();
    return opened;
  }

  async drop(): Promise<void> {
    await Promise.all(this.#ahead.splice(0).map((opened) => opened.then(drop, () => undefined)));
  }
}

async function write(opened: Opened, writable: WritableStream<Uint8Array>): Promise<void> {
  if (opened instanceof ReadableStream) {
    await opened.pipeTo(writable, { preventClose: true });
    return;
  }
  const writer = writable.getWriter();
  await writer.write(opened);
  writer.releaseLock();
}

async function writeAll(first: Opened, queue: PieceQueue, writable: WritableStream<Uint8Array>): Promise<void> {
  try {
    for (let opened: Opened | null = first; opened !== null; opened = await queue.next()) {
      await write(opened, writable);
    }
    await writable.close();
  } catch (error) {
    // The client has gone, or a piece is not there.
    await writable.abort(error).catch(() => undefined);
    await queue.drop();
  }
}

/** The body of an answer of `length` bytes. The first piece is opened before it returns: throws as `open` does. */
export async function bodyOfPieces(
  objects: ObjectSource,
  pieces: Iterator<Piece>,
  length: number,
): Promise<ReadableStream<Uint8Array>> {
  const queue = new PieceQueue(objects, pieces);
  const first = await queue.next();
  const { readable, writable } = new FixedLengthStream(length);
  void writeAll(first ?? new Uint8Array(), queue, writable);
  return readable;
}
