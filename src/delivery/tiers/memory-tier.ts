/** The first tier: objects in the isolate's memory, bounded by bytes, and one load for all who ask for a cold one. */

import type { TierCounters } from '../../metrics/tier-counters.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { type FlightOptions, type Joined, SingleFlight } from '../../platform/single-flight.ts';
import { inTime } from '../../platform/timer.ts';
import {
  type FoundObject,
  type ObjectHead,
  type ObjectRead,
  type ObjectSource,
  retried,
  type TierName,
} from '../objects/objects.ts';
import type { RangeSpec } from '../objects/ranges.ts';
import type { SentBuffers } from '../objects/sent-buffers.ts';
import type { ByteBudget } from './byte-budget.ts';
import { discardBody, holdObject, RememberedObject } from './held-object.ts';
import {
  ENTRY_OVERHEAD_BYTES,
  HEADS_MAX,
  LOAD_MS,
  MAX_HELD_OBJECT_BYTES,
  MISSING_MAX,
  MISSING_MS,
  SHARED_LOAD,
} from './limits.ts';

export type MemoryOptions = FlightOptions & {
  bytesMax: number;
  budget: ByteBudget;
  /** Told which buffers are remembered here. */
  sent?: SentBuffers;
  counters: TierCounters;
};

/** Plain data, for every request that joined. `unshared`: each reads it for itself. */
type Filled = { kind: 'held'; object: RememberedObject; tier: TierName } | { kind: 'missing' } | { kind: 'unshared' };

/** Of a leader alone: the stream that it cannot share, and its loan of what it has filled. */
type Own = { read: FoundObject | null; giveBack: () => void };

export class MemoryTier implements ObjectSource {
  readonly #next: ObjectSource;
  readonly #options: MemoryOptions;
  readonly #objects: LruMap<string, RememberedObject>;
  readonly #heads = new LruMap<string, Omit<ObjectHead, 'tier'>>(HEADS_MAX);
  /** Key → until when. */
  readonly #missing = new LruMap<string, number>(MISSING_MAX);
  readonly #fills: SingleFlight<Filled>;
  readonly #headFlights: SingleFlight<ObjectHead | null>;

  constructor(next: ObjectSource, options: MemoryOptions) {
    this.#next = next;
    this.#options = options;
    this.#objects = new LruMap(options.bytesMax, (object) => {
      options.sent?.forget(object.buffer);
      object.forget();
    });
    this.#fills = new SingleFlight(options, SHARED_LOAD);
    this.#headFlights = new SingleFlight(options, SHARED_LOAD);
  }

  async head(key: string): Promise<ObjectHead | null> {
    const known = this.#heads.get(key);
    if (known !== undefined) {
      this.#options.counters.memoryHits += 1;
      return { ...known, tier: 'memory' };
    }
    if (this.#isMissing(key)) {
      return null;
    }
    const joined = await retried(() => this.#join(this.#headFlights, key, () => this.#loadHead(key)));
    return joined.role === 'late' ? this.#loadHead(key) : joined.value;
  }

  /** A range of a cold object fills the whole: the next range will be wanted soon. */
  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    const held = this.#objects.get(key)?.read(range, 'memory');
    if (held != null) {
      this.#options.counters.memoryHits += 1;
      return held;
    }
    if (this.#isMissing(key)) {
      return { kind: 'missing' };
    }
    if ((this.#heads.get(key)?.size ?? 0) > MAX_HELD_OBJECT_BYTES) {
      return this.#stream(key, range);
    }
    // All whose load failed try again. The first leads and the others join it: one failed read costs one more.
    return retried(() => this.#getCold(key, range));
  }

  async #getCold(key: string, range: RangeSpec | undefined): Promise<ObjectRead> {
    const own: Own = { read: null, giveBack: () => {} };
    const joined = await this.#join(this.#fills, key, () => this.#fill(key, own));
    if (joined.role === 'late' || joined.value.kind === 'unshared') {
      if (own.read !== null && range === undefined) {
        this.#options.counters.streamed += 1;
        return own.read;
      }
      if (own.read !== null) {
        await discardBody(own.read);
      }
      return this.#stream(key, range);
    }
    if (joined.value.kind === 'missing') {
      return joined.value;
    }
    // A follower's bytes came from memory: each read of a lower tier is named by exactly one answer.
    const read = joined.value.object.read(range, joined.role === 'leader' ? joined.value.tier : 'memory');
    own.giveBack();
    if (read === null) {
      // Forgotten and freed before this follower had its turn: too much else was filled meanwhile.
      return this.#stream(key, range);
    }
    return read.kind === 'found' ? { ...read, crowd: joined.crowd } : read;
  }

  async #join<T>(flights: SingleFlight<T>, key: string, load: () => Promise<T>): Promise<Joined<T>> {
    const { counters } = this.#options;
    const joined = await flights.run(key, load);
    counters.followers += joined.role === 'follower' ? 1 : 0;
    counters.lateFollowers += joined.role === 'late' ? 1 : 0;
    return joined;
  }

  #fill(key: string, own: Own): Promise<Filled> {
    const { now, startTimer } = this.#options;
    const fill = async (): Promise<Filled> => {
      const startedAtMs = now();
      const read = await this.#next.get(key);
      if (read.kind !== 'found') {
        this.#missing.set(key, startedAtMs + MISSING_MS);
        return { kind: 'missing' };
      }
      const { size, etag, tier } = read;
      this.#heads.set(key, { size, etag });
      const held = await holdObject(read, this.#options);
      if (held === null) {
        own.read = read;
        return { kind: 'unshared' };
      }
      const object = new RememberedObject(held);
      own.giveBack = object.lend();
      this.#options.sent?.remember(object.buffer);
      this.#objects.set(key, object, size + ENTRY_OVERHEAD_BYTES);
      return { kind: 'held', object, tier };
    };
    return inTime(fill(), LOAD_MS, startTimer, () => own.read !== null && discardBody(own.read));
  }

  #stream(key: string, range: RangeSpec | undefined): Promise<ObjectRead> {
    this.#options.counters.streamed += 1;
    return inTime(this.#next.get(key, range), LOAD_MS, this.#options.startTimer, discardBody);
  }

  async #loadHead(key: string): Promise<ObjectHead | null> {
    const { now, startTimer } = this.#options;
    const startedAtMs = now();
    const head = await inTime(this.#next.head(key), LOAD_MS, startTimer);
    if (head === null) {
      this.#missing.set(key, startedAtMs + MISSING_MS);
    } else {
      this.#heads.set(key, { size: head.size, etag: head.etag });
    }
    return head;
  }

  #isMissing(key: string): boolean {
    const untilMs = this.#missing.get(key);
    return untilMs !== undefined && this.#options.now() < untilMs;
  }
}
