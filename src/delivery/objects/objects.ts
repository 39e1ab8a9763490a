/** How delivery reads the bucket. Each tier (memory, edge cache, shield) is an ObjectSource around the next. */
import { AppError } from '../../errors.ts';
import { type ByteRange, type RangeSpec, resolveRange } from './ranges.ts';

/** Where an answer can come from, nearest first. */
export const TIERS = ['memory', 'edge', 'shield', 'r2'] as const;
export type TierName = (typeof TIERS)[number];

/** `etag` is quoted and strong; objects never change under a key, so it holds for good. `tier` is who answered. */
export type ObjectHead = { size: number; etag: string; tier: TierName };

/** `body` is bytes where they are in memory; requests share those, so nobody may write to them. */
export type FoundObject = {
  kind: 'found';
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
  part: ByteRange;
  /** How many other requests of this isolate got the same bytes from the same load. */
  crowd?: number;
  /** Of bytes: to be called after the last read of them, so that their memory is free at once. */
  giveBack?: () => void;
} & ObjectHead;

export type ObjectRead = FoundObject | { kind: 'missing' } | { kind: 'unsatisfiable'; size: number };

export interface ObjectSource {
  /** `null` where there is no such object. Throws AppError `unavailable`. */
  head(key: string): Promise<ObjectHead | null>;
  /** `part` says which bytes `body` holds. A stream belongs to the request that reads it. Throws as `head` does. */
  get(key: string, range?: RangeSpec): Promise<ObjectRead>;
}

async function available<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw new AppError('unavailable', { cause });
  }
}

/** Runs `load` a second time where it was unavailable: most faults of the bucket are gone by then. */
export async function retried<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof AppError && error.code === 'unavailable') {
      return load();
    }
    throw error;
  }
}

export class R2Objects implements ObjectSource {
  readonly #bucket: R2Bucket;
  readonly #countRead: () => void;

  /** `countRead` is called for every head and get, failed ones included: they are billed like any other. */
  constructor(bucket: R2Bucket, countRead: () => void = () => {}) {
    this.#bucket = bucket;
    this.#countRead = countRead;
  }

  async head(key: string): Promise<ObjectHead | null> {
    this.#countRead();
    const object = await available(() => this.#bucket.head(key));
    return object === null ? null : { size: object.size, etag: object.httpEtag, tier: 'r2' };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    this.#countRead();
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

  /** R2 throws for a range outside the object as it does for its own faults; only a range is the client's mistake. */
  async #explain(key: string, range: RangeSpec | undefined, cause: unknown): Promise<ObjectRead> {
    const head = range === undefined ? null : await this.head(key);
    if (range === undefined || head === null || resolveRange(range, head.size).kind === 'satisfiable') {
      throw new AppError('unavailable', { cause });
    }
    return { kind: 'unsatisfiable', size: head.size };
  }
}

/** The body as bytes of the caller's own. Throws AppError `unavailable`. */
export async function readBytes({ body, giveBack }: FoundObject): Promise<Uint8Array> {
  try {
    return new Uint8Array(await available(() => new Response(body).arrayBuffer()));
  } finally {
    giveBack?.();
  }
}

/** `null` where there is no object. Throws RangeError above `maxBytes`, and Error for what does not parse. */
export async function readParsed<T>(
  objects: ObjectSource,
  key: string,
  maxBytes: number,
  parse: (text: string) => T,
): Promise<{ value: T; etag: string; tier: TierName } | null> {
  const object = await objects.get(key);
  if (object.kind !== 'found') {
    return null;
  }
  const { body, etag, giveBack, size, tier } = object;
  let text: string;
  try {
    if (size > maxBytes) {
      await (body instanceof ReadableStream && body.cancel());
      throw new RangeError(`${key} has ${size} bytes, more than the ${maxBytes} it may have`);
    }
    text = await available(() => new Response(body).text());
  } finally {
    giveBack?.();
  }
  try {
    return { value: parse(text), etag, tier };
  } catch (cause) {
    throw new Error(`${key} is not what it should be`, { cause });
  }
}
