/** Stored objects in memory, and the bytes of a download that is made of them. */
import type { DownloadFile } from '../../../../src/delivery/downloads/serve-file.ts';
import type { Piece } from '../../../../src/delivery/downloads/write-pieces.ts';
import type { ObjectHead, ObjectRead, ObjectSource } from '../../../../src/delivery/objects/objects.ts';
import { type RangeSpec, resolveRange } from '../../../../src/delivery/objects/ranges.ts';

export class MapObjects implements ObjectSource {
  readonly #objects = new Map<string, Uint8Array<ArrayBuffer>>();

  put(key: string, bytes: Uint8Array): void {
    this.#objects.set(key, Uint8Array.from(bytes));
  }

  async head(key: string): Promise<ObjectHead | null> {
    const bytes = this.#objects.get(key);
    return bytes === undefined ? null : { size: bytes.byteLength, etag: '"tag"', tier: 'r2' };
  }

  async get(key: string, range: RangeSpec = { offset: 0 }): Promise<ObjectRead> {
    const bytes = this.#objects.get(key);
    if (bytes === undefined) {
      return { kind: 'missing' };
    }
    const size = bytes.byteLength;
    const part = resolveRange(range, size);
    if (part.kind === 'unsatisfiable') {
      return { kind: 'unsatisfiable', size };
    }
    const body = bytes.slice(part.offset, part.offset + part.length);
    return { kind: 'found', size, etag: '"tag"', tier: 'r2', part, body };
  }
}

async function bytesOf(objects: ObjectSource, piece: Piece): Promise<Uint8Array> {
  if (piece.kind === 'bytes') {
    return piece.read();
  }
  const object = await objects.get(piece.key, { offset: piece.offset, length: piece.length });
  if (object.kind !== 'found' || object.size !== piece.sizeBytes || !(object.body instanceof Uint8Array)) {
    throw new Error(`${piece.key} is not there`);
  }
  return object.body;
}

/** A range of the file; the whole by default. */
export async function bytesOfFile(
  objects: ObjectSource,
  file: DownloadFile,
  offset = 0,
  length = file.sizeBytes - offset,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const pieces = file.pieces(offset, length);
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    parts.push(await bytesOf(objects, next.value));
  }
  return Buffer.concat(parts);
}
