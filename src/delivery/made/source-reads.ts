/** Reads of the bucket for what is made: slots of the index, and ranges of the source. */
import { AppError } from '../../errors.ts';
import { sourceIndexKey } from '../../media/keys.ts';
import { readIndexMetadata, type SourceIndexFacts } from '../../media/made/source-index.ts';
import { NotStandard } from '../../media/source/not-standard.ts';
import type { Slice } from '../../media/source/standard-source.ts';
import type { MadeKey } from './made-key.ts';

export class SourceReads {
  readonly #bucket: R2Bucket;
  readonly #countRead: () => void;

  /** `countRead` is called for every read, failed ones included. */
  constructor(bucket: R2Bucket, countRead: () => void) {
    this.#bucket = bucket;
    this.#countRead = countRead;
  }

  /**
   * The bytes of a slot with the facts of its index; null where there is none of this size and number. Throws AppError
   * `unavailable`.
   */
  async slot({ ref, stride, number }: MadeKey): Promise<{ bytes: Uint8Array; facts: SourceIndexFacts } | null> {
    const range = { offset: (number - 1) * stride, length: stride };
    const object = await this.#get(sourceIndexKey(ref), { range });
    if (object === null || !('body' in object)) {
      return null;
    }
    const facts = readIndexMetadata(object.customMetadata);
    if (facts?.stride !== stride) {
      await object.body.cancel();
      return null;
    }
    try {
      const bytes = new Uint8Array(await object.arrayBuffer());
      return bytes.byteLength === stride ? { bytes, facts } : null;
    } catch (cause) {
      throw new AppError('unavailable', { cause });
    }
  }

  /** Throws NotStandard `source_changed` where it is gone, or not the one that the index was made of; AppError `unavailable`. */
  async source({ sourceKey, sourceEtag, sourceBytes }: SourceIndexFacts, range: Slice) {
    const object = await this.#get(sourceKey, { range, onlyIf: { etagMatches: sourceEtag } });
    if (object === null || !('body' in object)) {
      throw new NotStandard('source_changed');
    }
    if (object.size !== sourceBytes) {
      await object.body.cancel();
      throw new NotStandard('source_changed');
    }
    return object.body;
  }

  /** Null also where the object ends before the range. R2 throws for that as it does for its own faults. */
  async #get(key: string, options: R2GetOptions & { range: Slice }): Promise<R2ObjectBody | R2Object | null> {
    this.#countRead();
    try {
      return await this.#bucket.get(key, options);
    } catch (cause) {
      if (((await this.#sizeOf(key)) ?? 0) > options.range.offset) {
        throw new AppError('unavailable', { cause });
      }
      return null;
    }
  }

  async #sizeOf(key: string): Promise<number | undefined> {
    this.#countRead();
    try {
      return (await this.#bucket.head(key))?.size;
    } catch (cause) {
      throw new AppError('unavailable', { cause });
    }
  }
}
