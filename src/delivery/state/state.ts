/**
 * What may change of an asset, the registered keys, and what is revoked, as this isolate last read them: at most
 * EDGE_STATE_SECONDS old, which bounds how long "disable", "publish", "revoke" and a deleted key take to reach players.
 */

import type { RevocationList } from '../../access/revocation-list.ts';
import { type EdgeKeys, edgeKeysSchema } from '../../access/signing-keys.ts';
import { assetIdOf, currentKey, EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY, type VersionRef } from '../../media/keys.ts';
import { type Current, currentSchema } from '../../media/presentation.ts';
import type { FlightOptions } from '../../platform/single-flight.ts';
import { type ObjectSource, readText } from '../objects/objects.ts';
import { ReadAnew } from './read-anew.ts';
import { RefreshAhead } from './refresh-ahead.ts';
import { RevocationState } from './revocation-state.ts';

/** The largest is the key file: 200 keys of under 1 KB. */
const MAX_BYTES = 256 * 1024;

const NO_KEYS: EdgeKeys = { keys: [] };

export type NoteCurrent = (version: VersionRef, current: Current) => void;

export type EdgeStateOptions = FlightOptions & {
  maxAgeSeconds: number;
  /** Told of every current.json that is read; costs nothing between reads. */
  noteCurrent?: NoteCurrent;
};

export class EdgeState {
  readonly #current: RefreshAhead<Current>;
  readonly #keys: RefreshAhead<EdgeKeys>;
  readonly #keysAnew: ReadAnew<EdgeKeys>;
  readonly #revocations: RevocationState;

  constructor(objects: ObjectSource, { maxAgeSeconds, noteCurrent = () => {}, ...flights }: EdgeStateOptions) {
    const options = { ...flights, maxAgeMs: maxAgeSeconds * 1000 };
    this.#current = new RefreshAhead({
      ...options,
      load: (key) =>
        loadJson(objects, key, (json) => {
          const current = currentSchema.parse(json);
          noteCurrent({ assetId: assetIdOf(key), version: current.version }, current);
          return current;
        }),
    });
    this.#keys = new RefreshAhead({
      ...options,
      // None is the usual state where nobody has registered any, not a miss to be asked for again each second.
      load: async (key) => (await loadJson(objects, key, (json) => edgeKeysSchema.parse(json))) ?? NO_KEYS,
    });
    this.#keysAnew = new ReadAnew(this.#keys, EDGE_KEYS_KEY, flights);
    this.#revocations = new RevocationState(objects, EDGE_REVOCATIONS_KEY, options);
  }

  /** `null` where the asset does not exist or was never published. Throws AppError `unavailable`. */
  current(assetId: string, nowMs: number): Promise<Current | null> {
    return this.#current.read(currentKey(assetId), nowMs);
  }

  /** Empty where no key was ever registered. Throws AppError `unavailable`. */
  async signingKeys(nowMs: number): Promise<EdgeKeys> {
    return (await this.#keys.read(EDGE_KEYS_KEY, nowMs)) ?? NO_KEYS;
  }

  /** For a kid that is not among those: links are used as soon as their key is registered. Throws as they do. */
  async signingKeysAnew(nowMs: number): Promise<EdgeKeys> {
    return (await this.#keysAnew.read(nowMs)) ?? NO_KEYS;
  }

  /** Empty where nothing was ever revoked. Throws AppError `unavailable`. */
  revocations(nowMs: number): Promise<RevocationList> {
    return this.#revocations.read(nowMs);
  }
}

async function loadJson<T>(objects: ObjectSource, key: string, parse: (json: unknown) => T): Promise<T | null> {
  const json = await readText(objects, key, MAX_BYTES);
  if (json === null) {
    return null;
  }
  try {
    return parse(JSON.parse(json));
  } catch (cause) {
    throw new Error(`${key} is not what it should be`, { cause });
  }
}
