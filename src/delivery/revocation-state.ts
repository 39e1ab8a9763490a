/**
 * The revocation list as this isolate last saw it. Differs from other mutable objects in three ways: it may have
 * megabytes, so it is read and parsed only when its ETag has changed; having none is its usual state, not a miss to be
 * asked for again soon; and every segment request needs it, so it is renewed early, by one request at a time, while the
 * others go on with what is known. None goes on with a list older than the bound: then it is read or the request fails.
 */
import { AppError } from '../errors.ts';
import { MAX_REVOCATION_LIST_BYTES, RevocationList } from '../playback/revocation-list.ts';
import type { ObjectSource } from './objects.ts';

/** Of the bound: from this age on the list is renewed. */
const RENEW_SHARE = 0.5;
/** A request that set out to renew and was cancelled must not keep the others from it. */
const RENEWAL_MS = 1000;
/** How long others wait for the one that is loading, and how often: its request may be cancelled, and they would hang. */
const LOAD_WAIT_MS = 1000;
const LOAD_WAITS_MAX = 3;

/** Requests that meet may have looked at the clock in another order; further back than this, it was set back. */
const CLOCK_SLACK_MS = 1000;

/** Whether something of this age may still be used. What seems to be from the future has an age that nobody knows. */
export const isYounger = (ageMs: number, maxAgeMs: number): boolean =>
  ageMs < maxAgeMs && ageMs > -Math.min(CLOCK_SLACK_MS, maxAgeMs);

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A list and the ETag of the object that it was read from; without an object, the empty list. */
type Listed = { etag: string | null; list: RevocationList };
const NONE: Listed = { etag: null, list: RevocationList.EMPTY };

export class RevocationState {
  readonly #objects: ObjectSource;
  readonly #key: string;
  readonly #maxAgeMs: number;
  #known: Listed = NONE;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #renewingSinceMs = Number.NEGATIVE_INFINITY;
  /** Renewals begun, and which of them `#known` is of. */
  #begun = 0;
  #seen = 0;
  #loading: { etag: string; listed: Promise<Listed> } | null = null;

  constructor(objects: ObjectSource, key: string, maxAgeSeconds: number) {
    this.#objects = objects;
    this.#key = key;
    this.#maxAgeMs = maxAgeSeconds * 1000;
  }

  async read(nowMs: number): Promise<RevocationList> {
    const age = nowMs - this.#checkedAtMs;
    const mayWait = isYounger(age, this.#maxAgeMs);
    if (mayWait && (age < this.#maxAgeMs * RENEW_SHARE || isYounger(nowMs - this.#renewingSinceMs, RENEWAL_MS))) {
      return this.#known.list;
    }
    this.#renewingSinceMs = nowMs;
    try {
      await this.#renew(nowMs);
    } catch (error) {
      if (!mayWait) {
        throw error;
      }
    }
    return this.#known.list;
  }

  async #renew(nowMs: number): Promise<void> {
    this.#begun += 1;
    const order = this.#begun;
    const etag = (await this.#objects.head(this.#key))?.etag ?? null;
    const listed = etag === null ? NONE : await this.#ofEtag(etag);
    // Age counts from before the read began. A slower, earlier read must not replace what a later one found.
    if (order > this.#seen) {
      this.#seen = order;
      this.#known = listed;
      this.#checkedAtMs = nowMs;
    }
  }

  /**
   * The list that has this ETag, or a later one: it is read after the ETag was. A hundred requests that meet in a new
   * isolate must not each hold megabytes: one loads, the others wait for it, for a bounded time.
   */
  async #ofEtag(etag: string): Promise<Listed> {
    for (let wait = 1; wait <= LOAD_WAITS_MAX && this.#known.etag !== etag; wait++) {
      if (this.#loading?.etag !== etag) {
        return this.#load(etag);
      }
      const leader = this.#loading;
      const listed = await Promise.race([leader.listed.catch(() => null), pause(LOAD_WAIT_MS)]);
      if (listed) {
        return listed;
      }
      if (this.#loading === leader) {
        this.#loading = null;
      }
    }
    return this.#known.etag === etag ? this.#known : this.#load(etag);
  }

  async #load(etag: string): Promise<Listed> {
    const loading = { etag, listed: this.#read() };
    this.#loading = loading;
    try {
      return await loading.listed;
    } finally {
      if (this.#loading === loading) {
        this.#loading = null;
      }
    }
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
