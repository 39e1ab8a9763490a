/** Rows of an upload that are in memory alone: nobody has been told that they are there. */
import { HELD_BYTES_MAX, HELD_MS_MAX } from './limits.ts';

/** Of all uploads in this isolate. An object that dies with rows leaves its share behind; then others hold less. */
let bytesInIsolate = 0;

type Row = { bytes: Uint8Array; sinceMs: number };

export class HeldRows {
  /** By position, in ascending order. */
  readonly #rows = new Map<number, Row>();

  /** Infinite without rows. */
  get firstPosition(): number {
    return this.#rows.keys().next().value ?? Number.POSITIVE_INFINITY;
  }

  /** They are to be written down. */
  get isOver(): boolean {
    const [oldest] = this.#rows.values();
    return bytesInIsolate > HELD_BYTES_MAX || (oldest !== undefined && Date.now() - oldest.sinceMs > HELD_MS_MAX);
  }

  /** For something else that is in memory for a moment. */
  hasRoomFor(sizeBytes: number): boolean {
    return bytesInIsolate + sizeBytes <= HELD_BYTES_MAX;
  }

  add(position: number, bytes: Uint8Array): void {
    this.#rows.set(position, { bytes: bytes.slice(), sinceMs: Date.now() });
    bytesInIsolate += bytes.byteLength;
  }

  at(position: number): Uint8Array | undefined {
    return this.#rows.get(position)?.bytes;
  }

  entries(): [number, Uint8Array][] {
    return [...this.#rows].map(([position, { bytes }]) => [position, bytes]);
  }

  dropBefore(position: number): void {
    this.#drop((each) => each < position);
  }

  dropFrom(position: number): void {
    this.#drop((each) => each >= position);
  }

  #drop(isDropped: (position: number) => boolean): void {
    for (const [position, { bytes }] of this.#rows) {
      if (isDropped(position)) {
        this.#rows.delete(position);
        bytesInIsolate -= bytes.byteLength;
      }
    }
  }
}
