/** Parts of the packs of text tracks, and their compressed forms: neither changes. A player asks for one every 30 s. */
import { LruMap } from '../platform/lru-map.ts';
import { RenderedText } from './http/rendered-text.ts';
import { type ObjectSource, readBytes, type TierName } from './objects/objects.ts';
import type { ByteRange } from './objects/ranges.ts';

/** A segment has some kilobytes, a whole film 100: hundreds of the first, dozens of the others. */
const MAX_SLICES_BYTES = 4 * 1024 * 1024;
/** With the compressed form, a third; no entry is free. */
const weightOf = (bytes: number): number => bytes * 1.4 + 256;

export class TextSlices {
  readonly #objects: ObjectSource;
  readonly #slices = new LruMap<string, RenderedText>(MAX_SLICES_BYTES);

  constructor(objects: ObjectSource) {
    this.#objects = objects;
  }

  /** `null` where the pack does not have all of these bytes. Throws AppError `unavailable`. */
  async read(key: string, { offset, length }: ByteRange): Promise<{ text: RenderedText; tier: TierName } | null> {
    const name = `${key}/${offset}-${length}`;
    const known = this.#slices.get(name);
    if (known !== undefined) {
      return { text: known, tier: 'memory' };
    }
    const object = await this.#objects.get(key, { offset, length });
    if (object.kind !== 'found') {
      return null;
    }
    const bytes = await readBytes(object);
    if (bytes.byteLength !== length) {
      return null;
    }
    const text = new RenderedText(bytes);
    this.#slices.set(name, text, weightOf(length));
    return { text, tier: object.tier };
  }
}
