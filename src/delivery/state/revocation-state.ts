/**
 * The revocation list as this isolate last saw it. Differs from other mutable objects in two ways: it may have
 * megabytes, so it is read and parsed only when its ETag has changed, by one request at a time; and having none is its
 * usual state, not a miss to be asked for again soon.
 */

import { MAX_REVOCATION_LIST_BYTES, RevocationList } from '../../access/revocation-list.ts';
import { AppError } from '../../errors.ts';
import { SingleFlight } from '../../platform/single-flight.ts';
import type { ObjectSource } from '../objects/objects.ts';
import { RefreshAhead, type RefreshAheadOptions, STATE_JOIN_MS, stateFlightBounds } from './refresh-ahead.ts';

/** A list and the ETag of the object that it was read from; without an object, the empty list. */
type Listed = { etag: string | null; list: RevocationList };
const NONE: Listed = { etag: null, list: RevocationList.EMPTY };

export class RevocationState {
  readonly #objects: ObjectSource;
  readonly #key: string;
  readonly #lists: RefreshAhead<Listed>;
  /** By ETag. What is asked for by its ETag may be shared however little old the state may be. */
  readonly #reads: SingleFlight<Listed>;

  constructor(objects: ObjectSource, key: string, options: Omit<RefreshAheadOptions<Listed>, 'load'>) {
    this.#objects = objects;
    this.#key = key;
    this.#lists = new RefreshAhead({ ...options, load: () => this.#load() });
    this.#reads = new SingleFlight(options, stateFlightBounds(STATE_JOIN_MS));
  }

  async read(nowMs: number): Promise<RevocationList> {
    const { list } = (await this.#lists.read(this.#key, nowMs)) ?? NONE;
    return list;
  }

  /**
   * The list that has the ETag which the object has now, or a later one: it is read after the ETag was. A hundred
   * requests that meet in a new isolate must not each hold megabytes, not even where each of them has to look.
   */
  async #load(): Promise<Listed> {
    const etag = (await this.#objects.head(this.#key))?.etag ?? null;
    const known = this.#lists.lastRead(this.#key);
    if (known?.etag === etag) {
      return known;
    }
    if (etag === null) {
      return NONE;
    }
    const joined = await this.#reads.run(etag, () => this.#read());
    if (joined.role === 'late') {
      throw new AppError('unavailable', { cause: new Error('no list from who was waited for') });
    }
    return joined.value;
  }

  async #read(): Promise<Listed> {
    const object = await this.#objects.get(this.#key);
    if (object.kind !== 'found') {
      return NONE;
    }
    const { size, etag, body } = object;
    if (size > MAX_REVOCATION_LIST_BYTES) {
      await (body instanceof ReadableStream && body.cancel());
      throw new RangeError(`${this.#key} has ${size} bytes, more than the ${MAX_REVOCATION_LIST_BYTES} it may have`);
    }
    const text = await textOf(body);
    try {
      return { etag, list: RevocationList.parse(text) };
    } catch (cause) {
      throw new Error(`${this.#key} is not what it should be`, { cause });
    }
  }
}

async function textOf(body: BodyInit): Promise<string> {
  try {
    return await new Response(body).text();
  } catch (cause) {
    throw new AppError('unavailable', { cause });
  }
}
