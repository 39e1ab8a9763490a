/**
 * What may change of an asset, the registered keys, and what is revoked, as this isolate last read them: at most
 * EDGE_STATE_SECONDS old, which bounds how long "disable", "publish", "revoke" and a deleted key take to reach players.
 *
 * Loads are not shared between requests: a promise that awaits the bucket lives in the request that made it, and
 * followers hang when that one is cancelled. A few reads more every ten seconds cost less than that.
 */
import { assetIdOf, currentKey, EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY, type VersionRef } from '../contract/keys.ts';
import { type Current, currentSchema } from '../contract/presentation.ts';
import { LruMap } from '../playback/lru-map.ts';
import type { RevocationList } from '../playback/revocation-list.ts';
import { type EdgeKeys, edgeKeysSchema } from '../playback/signing-keys.ts';
import { type ObjectSource, readText } from './objects.ts';
import { isYounger, RevocationState } from './revocation-state.ts';

/** About 200 bytes each. */
const MAX_ENTRIES = 10_000;
/** The largest is the key file: 200 keys of under 1 KB. */
const MAX_BYTES = 256 * 1024;
/** An asset that is published right after somebody asked for it must not stay missing for the whole age. */
const MISSING_SECONDS_MAX = 1;

/** `order`: of the reads of this isolate, by when they began. */
type Entry<T> = { value: T | null; readAtMs: number; order: number };

class MutableObjects<T> {
  readonly #entries = new LruMap<string, Entry<T>>(MAX_ENTRIES);
  readonly #objects: ObjectSource;
  readonly #parse: (json: unknown, key: string) => T;
  readonly #maxAgeSeconds: number;
  #reads = 0;

  constructor(objects: ObjectSource, maxAgeSeconds: number, parse: (json: unknown, key: string) => T) {
    this.#objects = objects;
    this.#maxAgeSeconds = maxAgeSeconds;
    this.#parse = parse;
  }

  async read(key: string, nowMs: number): Promise<T | null> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#isFresh(known, nowMs)) {
      return known.value;
    }
    this.#reads += 1;
    const order = this.#reads;
    const value = await this.#load(key);
    // Age counts from before the read began. A slower, earlier read must not overwrite what a later one found; clocks
    // do not tell which that is, since they may be set back.
    if ((this.#entries.get(key)?.order ?? 0) < order) {
      this.#entries.set(key, { value, readAtMs: nowMs, order });
    }
    return value;
  }

  #isFresh({ value, readAtMs }: Entry<T>, nowMs: number): boolean {
    const maxAge = value === null ? Math.min(MISSING_SECONDS_MAX, this.#maxAgeSeconds) : this.#maxAgeSeconds;
    return isYounger(nowMs - readAtMs, maxAge * 1000);
  }

  async #load(key: string): Promise<T | null> {
    const json = await readText(this.#objects, key, MAX_BYTES);
    if (json === null) {
      return null;
    }
    try {
      return this.#parse(JSON.parse(json), key);
    } catch (cause) {
      throw new Error(`${key} is not what it should be`, { cause });
    }
  }
}

export type NoteCurrent = (version: VersionRef, current: Current) => void;

export class EdgeState {
  readonly #current: MutableObjects<Current>;
  readonly #keys: MutableObjects<EdgeKeys>;
  readonly #revocations: RevocationState;

  /** `noteCurrent` is told of every current.json that is read, and costs nothing between reads. */
  constructor(objects: ObjectSource, maxAgeSeconds: number, noteCurrent: NoteCurrent = () => {}) {
    this.#current = new MutableObjects(objects, maxAgeSeconds, (json, key) => {
      const current = currentSchema.parse(json);
      noteCurrent({ assetId: assetIdOf(key), version: current.version }, current);
      return current;
    });
    this.#keys = new MutableObjects(objects, maxAgeSeconds, (json) => edgeKeysSchema.parse(json));
    this.#revocations = new RevocationState(objects, EDGE_REVOCATIONS_KEY, maxAgeSeconds);
  }

  /** `null` where the asset does not exist or was never published. */
  current(assetId: string, nowMs: number): Promise<Current | null> {
    return this.#current.read(currentKey(assetId), nowMs);
  }

  /** `null` where no key was ever registered. */
  signingKeys(nowMs: number): Promise<EdgeKeys | null> {
    return this.#keys.read(EDGE_KEYS_KEY, nowMs);
  }

  /** Empty where nothing was ever revoked. */
  revocations(nowMs: number): Promise<RevocationList> {
    return this.#revocations.read(nowMs);
  }
}
