/**
 * The look at a file while it arrives: once, when its index is there. Files whose media data comes first have none. It tells
 * uploaders what to expect; the look at the stored file decides.
 */
import { BoxReader } from '../../../media/boxes/boxes.ts';
import { movieInPrefix } from '../../../media/source/find-movie.ts';
import { NotStandard } from '../../../media/source/not-standard.ts';
import { readStandardSource } from '../../../media/source/read-movie.ts';
import { log } from '../../../platform/log.ts';
import { PART_BYTES } from '../../../platform/multipart.ts';
import { refusedLook, type SourceLook, standardLook } from '../../../protocol/source-look.ts';
import type { SessionStore } from './session-store.ts';

/** No film is smaller, and the boxes before an index mostly fit. */
const FIRST_BYTES = 4096;
/** Size, type and 64-bit size of a box (ISO/IEC 14496-12 4.2). */
const BOX_HEADER_BYTES = 16;
/** Each may copy up to a part. Two find most indexes; a file of a thousand small boxes is not read again after each. */
const TRIES_MAX = 4;

export class LookAhead {
  readonly #store: SessionStore;
  #found: SourceLook | null = null;
  #tries = 0;
  /** Bytes of the file; infinite where no look follows. */
  #neededBytes = FIRST_BYTES;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** Null also after a restart of the object: then the catalog has it. */
  get found(): SourceLook | null {
    return this.#found;
  }

  /** To be called whenever more bytes count and before rows leave. Returns the look once, when it has been found. Never throws. */
  look(): SourceLook | null {
    const { facts, length, offset = 0 } = this.#store.session ?? {};
    // Without the length, offsets of an index cannot be checked.
    if (facts?.wantsLook !== true || length == null) {
      return null;
    }
    try {
      return this.#lookWithin(offset, length);
    } catch (error) {
      this.#neededBytes = Number.POSITIVE_INFINITY;
      log.error({ event: 'upload_look_failed', id: facts.id, reason: String(error) });
      return null;
    }
  }

  #lookWithin(offset: number, length: number): SourceLook | null {
    while (offset >= this.#neededBytes) {
      const beginning = this.#store.beginning(this.#neededBytes);
      if (beginning === null) {
        return null; // There may be room for it later.
      }
      this.#tries += 1;
      const look = lookAtBeginning(beginning, length);
      if (look !== null && typeof look === 'object') {
        this.#neededBytes = Number.POSITIVE_INFINITY;
        this.#found = look;
        return look;
      }
      // More than a part is never there at once.
      const follows = look !== null && look <= PART_BYTES && this.#tries < TRIES_MAX;
      this.#neededBytes = follows ? look : Number.POSITIVE_INFINITY;
    }
    return null;
  }
}

/** Null: the media data comes first. A number: so many bytes are needed. */
function lookAtBeginning(beginning: Uint8Array, length: number): SourceLook | number | null {
  try {
    const movie = movieInPrefix(beginning, length);
    if (typeof movie === 'string') {
      return movie === 'later' ? bytesToTheIndex(beginning) : null;
    }
    return standardLook(readStandardSource(movie, length));
  } catch (error) {
    if (error instanceof NotStandard) {
      return refusedLook(error.code);
    }
    throw error;
  }
}

/** To the end of the index, or as far as the header of the box that follows. */
function bytesToTheIndex(beginning: Uint8Array): number {
  const last = new BoxReader(beginning).boxes(0, beginning.byteLength, { prefix: true }).at(-1);
  const wanted = (last?.end ?? 0) + (last?.type === 'moov' ? 0 : BOX_HEADER_BYTES);
  return Math.max(wanted, beginning.byteLength + 1);
}
