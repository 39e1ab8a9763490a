/**
 * Reads a source in few round trips: the file's beginning and end come at once, since one of them has the index of a short film,
 * and the beginning says where that of a long one is. All reads are of one state of the object.
 */

import { NotStandard } from '../../media/source/not-standard.ts';

/** An index has about 1.1 kB a second: of a quarter of an hour. find-movie.ts asks for as much first. */
const EDGE_BYTES = 2 ** 20;

/** The source was deleted, or overwritten while it was read. */
class SourceGone extends Error {
  override readonly name = 'SourceGone';
}

type Piece = { offset: number; bytes: Uint8Array };
/** Is told how much is read into memory, before it is; may throw. */
export type Hold = (bytes: number) => void;

export class SourceReader {
  readonly etag: string;
  readonly sizeBytes: number;
  readonly #bucket: R2Bucket;
  readonly #key: string;
  readonly #hold: Hold;
  readonly #edges: readonly Piece[];

  private constructor(bucket: R2Bucket, { key, etag, size }: R2Object, hold: Hold, edges: readonly Piece[]) {
    this.etag = etag;
    this.sizeBytes = size;
    this.#bucket = bucket;
    this.#key = key;
    this.#hold = hold;
    this.#edges = edges;
  }

  /** Throws SourceGone, NotStandard for an empty file, and what the bucket throws. */
  static async open(bucket: R2Bucket, key: string, hold: Hold): Promise<SourceReader> {
    hold(2 * EDGE_BYTES);
    const [head, tail] = await readEdges(bucket, key);
    if (head === null || tail === null) {
      throw new SourceGone(`${key} is not there`);
    }
    const [first, last] = await Promise.all([bytesOf(head), bytesOf(tail)]);
    if (head.etag !== tail.etag) {
      throw new SourceGone(`${key} was overwritten`);
    }
    const edges = [
      { offset: 0, bytes: first },
      { offset: head.size - last.byteLength, bytes: last },
    ];
    return new SourceReader(bucket, head, hold, edges);
  }

  /** Throws RangeError beyond the file's end. */
  readonly read = async (offset: number, length: number): Promise<Uint8Array> => {
    const end = offset + length;
    const edge = this.#edges.find((one) => one.offset <= offset && end <= one.offset + one.bytes.byteLength);
    return edge === undefined
      ? await this.#fetch(offset, length)
      : edge.bytes.subarray(offset - edge.offset, end - edge.offset);
  };

  async #fetch(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.sizeBytes) {
      throw new RangeError(`${length} bytes at ${offset} of ${this.sizeBytes} were asked for`);
    }
    this.#hold(length);
    const onlyIf = { etagMatches: this.etag };
    const object = await this.#bucket.get(this.#key, { range: { offset, length }, onlyIf });
    if (object === null || !('body' in object)) {
      throw new SourceGone(`${this.#key} was ${object === null ? 'deleted' : 'overwritten'}`);
    }
    const bytes = await bytesOf(object);
    if (bytes.byteLength !== length) {
      throw new Error(`the bucket gave ${bytes.byteLength} bytes for ${length}`);
    }
    return bytes;
  }
}

async function readEdges(bucket: R2Bucket, key: string) {
  try {
    return await Promise.all([
      bucket.get(key, { range: { offset: 0, length: EDGE_BYTES } }),
      bucket.get(key, { range: { suffix: EDGE_BYTES } }),
    ]);
  } catch (error) {
    // No range of an empty object can be satisfied.
    const isEmpty = (await bucket.head(key))?.size === 0;
    throw isEmpty ? new NotStandard('not_mp4', 'it is empty') : error;
  }
}

const bytesOf = async (object: R2ObjectBody): Promise<Uint8Array> => new Uint8Array(await object.arrayBuffer());
