/**
 * What may change of an asset, the registered keys, and what is revoked, as this isolate last read them: at most
 * EDGE_STATE_SECONDS old, which bounds how long "disable", "publish", "revoke" and a deleted key take to reach players.
 */

import { MAX_REVOCATION_LIST_BYTES, RevocationList } from '../../access/revocation-list.ts';
import { type EdgeKeys, edgeKeysSchema } from '../../access/signing-keys.ts';
import { AppError } from '../../errors.ts';
import { assetIdOf, currentKey, EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY, type VersionRef } from '../../media/keys.ts';
import { type Current, currentSchema } from '../../media/presentation.ts';
import { type FlightOptions, SingleFlight } from '../../platform/single-flight.ts';
import { type ObjectSource, readParsed } from '../objects/objects.ts';
import { RefreshAhead, STATE_JOIN_MS, stateFlightBounds } from './refresh-ahead.ts';

/** The largest is the key file: 200 keys of under 1 KB. */
const MAX_BYTES = 256 * 1024;

const NO_KEYS: EdgeKeys = { keys: [] };

/** A list and the ETag of the object that it was read from; without an object, the empty list. */
type Listed = { etag: string | null; list: RevocationList };
const NO_LIST: Listed = { etag: null, list: RevocationList.EMPTY };

export type NoteCurrent = (version: VersionRef, current: Current) => void;

export type EdgeStateOptions = FlightOptions & {
  maxAgeSeconds: number;
  /** Told of every current.json that is read; costs nothing between reads. */
  noteCurrent: NoteCurrent;
};

export class EdgeState {
  readonly #objects: ObjectSource;
  readonly #current: RefreshAhead<Current>;
  readonly #keys: RefreshAhead<EdgeKeys>;
  readonly #lists: RefreshAhead<Listed>;
  /** By ETag: a list of the same ETag may be shared, however fresh the state must be. */
  readonly #listReads: SingleFlight<Listed>;

  constructor(objects: ObjectSource, { maxAgeSeconds, noteCurrent, ...flights }: EdgeStateOptions) {
    this.#objects = objects;
    const options = { ...flights, maxAgeMs: maxAgeSeconds * 1000 };
    const load = async <T>(key: string, parse: (text: string) => T): Promise<T | null> =>
      (await readParsed(objects, key, MAX_BYTES, parse))?.value ?? null;
    this.#current = new RefreshAhead({
      ...options,
      load: (key) =>
        load(key, (text) => {
          const current = currentSchema.parse(JSON.parse(text));
          noteCurrent({ assetId: assetIdOf(key), version: current.version }, current);
          return current;
        }),
    });
    this.#keys = new RefreshAhead({
      ...options,
      // Usually nobody has registered any key: that is no miss to be asked for again each second.
      load: async (key) => (await load(key, (text) => edgeKeysSchema.parse(JSON.parse(text)))) ?? NO_KEYS,
    });
    this.#lists = new RefreshAhead({ ...options, load: (key) => this.#loadList(key) });
    this.#listReads = new SingleFlight(flights, stateFlightBounds(STATE_JOIN_MS));
  }

  /** `null` where the asset does not exist or was never published. Throws AppError `unavailable`. */
  current(assetId: string, nowMs: number): Promise<Current | null> {
    return this.#current.read(currentKey(assetId), nowMs);
  }

  /** Throws AppError `asset_not_found` or `unavailable`. */
  async requirePublished(assetId: string, nowMs: number): Promise<Current> {
    const current = await this.current(assetId, nowMs);
    if (current === null) {
      throw new AppError('asset_not_found');
    }
    return current;
  }

  /**
   * Throws AppError `asset_disabled`, `asset_not_published` or `asset_unpublished` too: asked by every request, so it also
   * ends running sessions. `atMs`: what its times are compared with.
   */
  async requireEnabled(assetId: string, nowMs: number, atMs = nowMs): Promise<Current> {
    const current = await this.requirePublished(assetId, nowMs);
    if (current.disabled) {
      throw new AppError('asset_disabled');
    }
    if (current.publishAt !== undefined && atMs < current.publishAt) {
      throw new AppError('asset_not_published');
    }
    if (current.unpublishAt !== undefined && atMs >= current.unpublishAt) {
      throw new AppError('asset_unpublished');
    }
    return current;
  }

  /** Empty where no key was ever registered. Throws AppError `unavailable`. */
  async signingKeys(nowMs: number): Promise<EdgeKeys> {
    return (await this.#keys.read(EDGE_KEYS_KEY, nowMs)) ?? NO_KEYS;
  }

  /** For a kid that is not among those: a link works as soon as its key is registered. Throws as they do. */
  async signingKeysAnew(nowMs: number): Promise<EdgeKeys> {
    return (await this.#keys.readAnew(EDGE_KEYS_KEY, nowMs)) ?? NO_KEYS;
  }

  /** Empty where nothing was ever revoked. Throws AppError `unavailable`. */
  async revocations(nowMs: number): Promise<RevocationList> {
    return ((await this.#lists.read(EDGE_REVOCATIONS_KEY, nowMs)) ?? NO_LIST).list;
  }

  /**
   * The list of the present ETag, or a later one. It may have megabytes: it is read only when its ETag has changed, and
   * once for a hundred requests that meet in a new isolate.
   */
  async #loadList(key: string): Promise<Listed> {
    const etag = (await this.#objects.head(key))?.etag ?? null;
    const known = this.#lists.lastRead(key);
    if (known?.etag === etag) {
      return known;
    }
    if (etag === null) {
      return NO_LIST;
    }
    const joined = await this.#listReads.run(etag, async () => {
      const read = await readParsed(this.#objects, key, MAX_REVOCATION_LIST_BYTES, RevocationList.parse);
      return read === null ? NO_LIST : { etag: read.etag, list: read.value };
    });
    if (joined.role === 'late') {
      throw new AppError('unavailable', { cause: new Error('the request that reads the list does not answer') });
    }
    return joined.value;
  }
}
