/**
 * Whether a session is within its viewer's stream limit, as this isolate knows it. The viewer's object is asked by the
 * first segment, which waits for it, and then every RENEW_MS in the background, so that playing costs no latency.
 *
 * It fails open: a viewer who gets a stream too many costs an operator less than viewers with a black screen. Whatever
 * keeps the object from answering is logged, counted (`sluice_concurrency_limit_unknown_total`) and lets the segment pass,
 * unless the session is known to have been refused.
 */

import type { ConcurrencyLimits } from '../access/concurrency/limits.ts';
import { LEASE_MS, RENEW_MS, type SlotVerdict } from '../access/concurrency/session-slots.ts';
import { refusal } from '../access/refusal.ts';
import type { Session } from '../access/sessions.ts';
import { meter } from '../metrics/meter.ts';
import { log } from '../platform/log.ts';
import { LruMap } from '../platform/lru-map.ts';
import { type FlightOptions, SingleFlight } from '../platform/single-flight.ts';
import { TIMED_OUT, within } from '../platform/timer.ts';
import type { DeliveryEnv } from './delivery-env.ts';
import { SHARED_LOAD } from './tiers/limits.ts';

/** About 200 bytes each. A session that falls out asks again. */
const KNOWN_MAX = 8192;
/** A round trip to another continent takes 300 ms; players begin to play late, not never, when it takes longer. */
export const ASK_WAIT_MS = 1000;
/** An answer that is older may be about a place that has been lost since: the segment waits. */
export const TRUST_MS = LEASE_MS - 15_000;
/** A refused player that tries again and again asks the object so often. */
export const REFUSED_MS = 5000;

/** `viewer` is a fingerprint, as in the session's token: names of objects show up in the platform's dashboards. */
type Question = { sessionId: string; viewer: string; limits: ConcurrencyLimits };

type Known = { verdict: SlotVerdict; notedMs: number; askedMs: number };

export type ConcurrencyLimitOptions = FlightOptions & {
  /** The call to the object of a viewer. */
  ask: (question: Question) => Promise<SlotVerdict>;
};

export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #known = new LruMap<string, Known>(KNOWN_MAX);
  /** Sound and picture begin together, and a hostile client with a thousand requests is one call, too. */
  readonly #asking: SingleFlight<SlotVerdict>;

  constructor(options: ConcurrencyLimitOptions) {
    this.#options = options;
    this.#asking = new SingleFlight(options, SHARED_LOAD);
  }

  /** For a media segment. Throws AppError `stream_limit` or `stream_evicted`. */
  async require({ sessionId, link }: Session, nowMs: number): Promise<void> {
    if (link?.limits === undefined || link.viewer === undefined) {
      return;
    }
    const question = { sessionId, viewer: link.viewer, limits: link.limits };
    const verdict = this.#remembered(question, nowMs) ?? (await this.#wait(question));
    if (!verdict.admitted) {
      throw refusal(verdict.code);
    }
  }

  #remembered(question: Question, nowMs: number): SlotVerdict | null {
    const known = this.#known.get(question.sessionId);
    if (known === undefined) {
      return null;
    }
    const { verdict, notedMs, askedMs } = known;
    // A clock that was set back must not make an answer good for long: what is from the future is old.
    const isYounger = (sinceMs: number, milliseconds: number) => Math.abs(nowMs - sinceMs) < milliseconds;
    if (!isYounger(notedMs, verdict.admitted ? TRUST_MS : REFUSED_MS)) {
      return null;
    }
    if (verdict.admitted && !isYounger(askedMs, RENEW_MS)) {
      this.#known.set(question.sessionId, { ...known, askedMs: nowMs });
      // A call of this request's own: nobody waits for a promise that could end with another request.
      const asked = this.#ask(question);
      this.#options.waitUntil(asked);
      this.#options.waitUntil(this.#inTime(asked, question));
    }
    return verdict;
  }

  /** The answer, or what stands for it when it does not come in time; one that comes later is still noted. */
  async #inTime(asked: Promise<SlotVerdict>, question: Question): Promise<SlotVerdict> {
    const verdict = await within(asked, ASK_WAIT_MS, this.#options.startTimer);
    return verdict === TIMED_OUT ? this.#unknown(question, 'no answer') : verdict;
  }

  #wait(question: Question): Promise<SlotVerdict> {
    const joined = this.#asking.run(question.sessionId, () => this.#ask(question));
    const verdict = joined.then((it) => (it.role === 'late' ? this.#unknown(question, 'late') : it.value));
    return this.#inTime(verdict, question);
  }

  /** Never rejects. */
  async #ask(question: Question): Promise<SlotVerdict> {
    try {
      return this.#note(question.sessionId, await this.#options.ask(question));
    } catch (error) {
      return this.#unknown(question, String(error));
    }
  }

  #note(sessionId: string, verdict: SlotVerdict): SlotVerdict {
    const nowMs = this.#options.now();
    this.#known.set(sessionId, { verdict, notedMs: nowMs, askedMs: nowMs });
    return verdict;
  }

  /** Goes on with the last answer there was, else lets the session in; the next try is in the background. */
  #unknown({ sessionId }: Question, reason: string): SlotVerdict {
    meter.countStreamLimitUnknown();
    log.warn({ event: 'stream_limit_unknown', reason });
    return this.#note(sessionId, this.#known.get(sessionId)?.verdict ?? { admitted: true });
  }
}

/** The call to a viewer's object. Throws where there is no such binding, which is looked at by a call only. */
export function askLimiter(env: DeliveryEnv): ConcurrencyLimitOptions['ask'] {
  return async ({ viewer, sessionId, limits }) => {
    const { CONCURRENCY } = env;
    if (CONCURRENCY === undefined) {
      throw new TypeError('CONCURRENCY is not bound');
    }
    return CONCURRENCY.get(CONCURRENCY.idFromName(viewer)).renew(sessionId, limits);
  };
}
