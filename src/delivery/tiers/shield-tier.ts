/** Asks the shield, one Durable Object per object key, so that all data centres read a cold object once. */

import type { TierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import { type StartTimer, TIMED_OUT, within } from '../../platform/timer.ts';
import type { ObjectHead, ObjectRead, ObjectSource } from '../objects/objects.ts';
import type { RangeSpec } from '../objects/ranges.ts';
import { readHeld } from './held-object.ts';
import { SHIELD_WAIT_MS } from './limits.ts';

/** Plain data: it crosses RPC. What is `too-large` the caller reads from the bucket. */
export type ShieldAnswer =
  | { kind: 'held'; bytes: Uint8Array<ArrayBuffer>; etag: string }
  | { kind: 'missing' }
  | { kind: 'too-large' };

/** Of the class in shield.ts, which imports the tiers. */
export interface ShieldApi {
  /** The object under a key. Throws AppError `unavailable`. */
  read(key: string): Promise<ShieldAnswer>;
}

export type ShieldNamespaceEnv = { SHIELDS: DurableObjectNamespace<ShieldApi & Rpc.DurableObjectBranded> };

/** What the tiers need: the shield with SHIELD=on only. */
export type TiersEnv = { MEDIA: R2Bucket } & Partial<ShieldNamespaceEnv>;

/** `read` is the call to the object of a key. */
export type ShieldOptions = ShieldApi & { counters: TierCounters; startTimer: StartTimer };

export class ShieldTier implements ObjectSource {
  readonly #next: ObjectSource;
  readonly #options: ShieldOptions;

  constructor(next: ObjectSource, options: ShieldOptions) {
    this.#next = next;
    this.#options = options;
  }

  /** Heads are small and rare (the memory tier keeps them): not worth a call to another place. */
  head(key: string): Promise<ObjectHead | null> {
    return this.#next.head(key);
  }

  /** Ranges are asked for only of what is too large to hold, hence too large for the shield (RPC ends at 32 MiB). */
  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    const answer = range === undefined ? await this.#ask(key) : null;
    if (answer === null || answer.kind === 'too-large') {
      return this.#next.get(key, range);
    }
    if (answer.kind === 'missing') {
      return answer;
    }
    this.#options.counters.shieldHits += 1;
    return readHeld(answer, undefined, 'shield');
  }

  /** A shield that fails, is overloaded or slow must never make an object unavailable that R2 has. */
  async #ask(key: string): Promise<ShieldAnswer | null> {
    try {
      const answer = await within(this.#options.read(key), SHIELD_WAIT_MS, this.#options.startTimer);
      return answer === TIMED_OUT ? null : answer;
    } catch (error) {
      log.warn({ event: 'shield_failed', reason: String(error) });
      return null;
    }
  }
}
