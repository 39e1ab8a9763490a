/** The object that an upload becomes: stored part by part, from rows or from the objects that it is put together of. */
import { PART_BYTES } from '../../../platform/multipart.ts';
import type { Session, SessionStore } from './session-store.ts';

/** R2 deletes no more in one call. */
const DELETES_AT_ONCE = 1000;

/** A part has been deleted: what was to be put together of it cannot be. */
export class PieceMissing extends Error {}

export class BucketObject {
  readonly #bucket: R2Bucket;
  readonly #store: SessionStore;

  constructor(bucket: R2Bucket, store: SessionStore) {
    this.#bucket = bucket;
    this.#store = store;
  }

  /** Stores the next part: a full one, or what is left of the whole. */
  async storePart(session: Session): Promise<void> {
    const from = this.#store.parts * PART_BYTES;
    const to = Math.min(from + PART_BYTES, session.offset);
    const multipart = await this.#multipart(session);
    const { etag } = await this.#stream(from, to, (body) => multipart.uploadPart(this.#store.parts + 1, body));
    this.#store.addPart(etag);
  }

  /** Everything that is left, and the whole. False: the time was over. */
  async storeRest(untilMs: number): Promise<boolean> {
    for (;;) {
      const session = this.#store.session;
      if (session === null || session.phase === 'stored') {
        return true;
      }
      if (Date.now() >= untilMs) {
        return false;
      }
      if (session.offset >= PART_BYTES && this.#store.waitingBytes > 0) {
        await this.storePart(session);
      } else {
        await this.#complete(session);
        this.#store.setStored();
      }
    }
  }

  /** An upload shorter than a part never has one. */
  async #multipart({ facts, multipartId }: Session): Promise<R2MultipartUpload> {
    if (multipartId !== null) {
      return this.#bucket.resumeMultipartUpload(facts.key, multipartId);
    }
    // If its id is lost in a crash, R2 drops it after seven days.
    const created = await this.#bucket.createMultipartUpload(facts.key, httpOptions(facts));
    this.#store.change({ multipartId: created.uploadId });
    return created;
  }

  /** Repeatable: no other upload writes this key, so what is there of the right size is ours. */
  async #complete({ facts, offset, multipartId }: Session): Promise<void> {
    try {
      if (multipartId === null) {
        await this.#stream(0, offset, (body) =>
          this.#bucket.put(facts.key, body, { ...httpOptions(facts), onlyIf: { etagDoesNotMatch: '*' } }),
        );
      } else {
        await this.#bucket.resumeMultipartUpload(facts.key, multipartId).complete(this.#store.uploadedParts());
      }
    } catch (error) {
      const standing = await this.#bucket.head(facts.key);
      if (standing?.size !== offset) {
        throw error;
      }
    }
  }

  /** R2 wants to know how long a stream is. */
  async #stream<T>(from: number, to: number, use: (body: ReadableStream) => Promise<T>): Promise<T> {
    const { readable, writable } = new FixedLengthStream(to - from);
    const written = this.#write(from, to, writable).catch(async (error: unknown) => {
      await writable.abort(error);
      throw error;
    });
    const [result] = await Promise.all([use(readable), written]);
    return result;
  }

  async #write(from: number, to: number, writable: WritableStream): Promise<void> {
    const pieces = this.#store.pieces();
    let start = 0;
    for (const { key, length } of pieces) {
      const [first, end] = [Math.max(from, start), Math.min(to, start + length)];
      if (first < end) {
        const object = await this.#bucket.get(key, { range: { offset: first - start, length: end - first } });
        if (object === null) {
          throw new PieceMissing(`There is no object ${key}`);
        }
        await object.body.pipeTo(writable, { preventClose: true });
      }
      start += length;
    }
    const writer = writable.getWriter();
    for (let position = from; pieces.length === 0 && position < to; ) {
      const bytes = this.#store.rowAt(position);
      await writer.write(bytes);
      position += bytes.byteLength;
    }
    await writer.close();
  }

  /** They are in the whole. */
  async deletePieces(): Promise<void> {
    const keys = this.#store.pieces().map(({ key }) => key);
    for (let index = 0; index < keys.length; index += DELETES_AT_ONCE) {
      await this.#bucket.delete(keys.slice(index, index + DELETES_AT_ONCE));
    }
  }

  /** What R2 keeps of it otherwise goes after seven days. */
  async abort({ facts, multipartId }: Session): Promise<void> {
    if (multipartId !== null) {
      await this.#bucket
        .resumeMultipartUpload(facts.key, multipartId)
        .abort()
        .catch(() => {});
    }
  }
}

const httpOptions = ({ contentType }: Session['facts']): R2MultipartOptions =>
  contentType === null ? {} : { httpMetadata: { contentType } };
