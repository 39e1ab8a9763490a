/** The port through which delivery reads the bucket. Tiers (memory, edge cache, shield) are further implementations. */
import { AppError } from '../../errors.ts';
import { type ByteRange, type RangeSpec, resolveRange } from './ranges.ts';

/** Where an answer can come from, nearest first. */
export const TIERS = ['memory', 'edge', 'shield', 'r2'] as const;
export type TierName = (typeof TIERS)[number];

/** `etag` is quoted and strong; objects never change under a key, so it holds for good. `tier` is who answered. */
export type ObjectHead = { size: number; etag: string; tier: TierName };

/** `body` is bytes where they are in memory; those are shared between requests and must never be written to. */
export type FoundObject = {
  kind: 'found';
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
  part: ByteRange;
  /** How many other requests of this isolate were given the same bytes at the same moment, where any were. */
  crowd?: number;
  /** Of bytes: to be called when they are read no more, so that their memory is free at once. */
  giveBack?: () => void;
} & ObjectHead;

export type ObjectRead = FoundObject | { kind: 'missing' } | { kind: 'unsatisfiable'; size: number };

/** Every tier is one, around the next one. */
export interface ObjectSource {
  /** `null` where there is no such object. Throws AppError `unavailable`. */
  head(key: string): Promise<ObjectHead | null>;
  /**
   * The object or a part of it; `part` says which bytes `body` holds, all of them where no range is asked for.
   * A stream belongs to the request that reads it. Throws AppError `unavailable`.
   */
  get(key: string, range?: RangeSpec): Promise<ObjectRead>;
}

async function available<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw new AppError('unavailable', { cause });
  }
}

/** The bucket itself: the last tier. */
export class R2Objects implements ObjectSource {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async head(key: string): Promise<ObjectHead | null> {
    const object = await available(() => this.#bucket.head(key));
    return object === null ? null : { size: object.size, etag: object.httpEtag, tier: 'r2' };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    let object: R2ObjectBody | null;
    try {
      object = await this.#bucket.get(key, range === undefined ? {} : { range });
    } catch (cause) {
      return this.#explain(key, range, cause);
    }
    if (object === null) {
      return { kind: 'missing' };
    }
    const { size, httpEtag, body } = object;
    const part = range === undefined ? { offset: 0, length: size } : resolveRange(range, size);
    if ('kind' in part && part.kind === 'unsatisfiable') {
      await body.cancel();
      return { kind: 'unsatisfiable', size };
    }
    return { kind: 'found', size, etag: httpEtag, tier: 'r2', body, part };
  }

  /** R2 throws for a range outside the object, which is the client's fault, as it does for faults of its own. */
  async #explain(key: string, range: RangeSpec | undefined, cause: unknown): Promise<ObjectRead> {
    const head = range === undefined ? null : await this.head(key);
    if (range === undefined || head === null || resolveRange(range, head.size).kind === 'satisfiable') {
      throw new AppError('unavailable', { cause });
    }
    return { kind: 'unsatisfiable', size: head.size };
  }
}

/**
 * A small object as text, with who answered, or `null` where there is none. Throws RangeError above `maxBytes`: it is not
 * what we wrote.
 */
export async function readTextFrom(
  objects: ObjectSource,
  key: string,
  maxBytes: number,
): Promise<{ text: string; tier: TierName } | null> {
  const object = await objects.get(key);
  if (object.kind !== 'found') {
    return null;
  }
  const { body, giveBack, size, tier } = object;
  try {
    if (size > maxBytes) {
      await (body instanceof ReadableStream && body.cancel());
      throw new RangeError(`${key} has ${size} bytes, more than the ${maxBytes} it may have`);
    }
    return { text: await available(() => new Response(body).text()), tier };
  } finally {
    giveBack?.();
  }
}

/** The same of what is read for its content alone. */
export async function readText(objects: ObjectSource, key: string, maxBytes: number): Promise<string | null> {
  return (await readTextFrom(objects, key, maxBytes))?.text ?? null;
}
