/** Parsed presentations by key. They are immutable, so what is remembered stays right. */
import { presentationKey, type VersionRef } from '../../media/keys.ts';
import { type Presentation, parsePresentation } from '../../media/presentation.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { type ObjectSource, readTextFrom, type TierName } from '../objects/objects.ts';

/** 12 hours × 32 tracks at 2 s; a two-hour film has 400 KB. */
const MAX_PRESENTATION_BYTES = 12 * 1024 * 1024;
/** Of JSON text: 20 two-hour films. Parsed it takes about four times as much: a quarter of the isolate's 128 MB. */
const MAX_REMEMBERED_BYTES = 8 * 1024 * 1024;

/** `tier`: where this request had it from; memory, too, where it was remembered as parsed. */
export type LoadedPresentation = { presentation: Presentation; tier: TierName };

export class Presentations {
  readonly #remembered = new LruMap<string, Presentation>(MAX_REMEMBERED_BYTES);
  readonly #objects: ObjectSource;

  constructor(objects: ObjectSource) {
    this.#objects = objects;
  }

  /** `null` where the revision does not exist, or no longer. */
  async load(ref: VersionRef, revision: number): Promise<LoadedPresentation | null> {
    const key = presentationKey(ref, revision);
    const known = this.#remembered.get(key);
    if (known !== undefined) {
      return { presentation: known, tier: 'memory' };
    }
    const read = await readTextFrom(this.#objects, key, MAX_PRESENTATION_BYTES);
    if (read === null) {
      return null;
    }
    const { text: json, tier } = read;
    // Whoever waited for the same bytes and came first has parsed them.
    const parsed = this.#remembered.get(key);
    if (parsed !== undefined) {
      return { presentation: parsed, tier };
    }
    const presentation = parseNamed(key, json);
    this.#remembered.set(key, presentation, json.length);
    return { presentation, tier };
  }
}

function parseNamed(key: string, json: string): Presentation {
  try {
    return parsePresentation(json);
  } catch (cause) {
    throw new Error(`${key} is not a presentation`, { cause });
  }
}
