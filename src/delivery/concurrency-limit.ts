/**
 * Whether a session is within its viewer's stream limit. Its first segment waits for the answer of the viewer's object;
 * from then on the object is asked every RENEW_MS in the background. It fails open: one stream too many is better than
 * a black screen. While the object does not answer, which is logged and counted
 * (`sluice_concurrency_limit_unknown_total`), segments pass, unless the session is known to have been refused.
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

/** About 200 bytes each. A session that falls out asks again. */
const KNOWN_MAX = 8192;
/** A round trip to another continent takes 300 ms. */
export const ASK_WAIT_MS = 1000;
/** The place that an older answer speaks of may have been lost since: the segment waits. */
export const TRUST_MS = LEASE_MS - 15_000;
/** How often a refused player that keeps trying asks the object. */
export const REFUSED_MS = 5000;

/** `viewer` is a fingerprint, as in the session's token: names of objects show up in the platform's dashboards. */
type Question = { sessionId: string; viewer: string; limits: ConcurrencyLimits };

type KnownVerdict = { verdict: SlotVerdict; notedMs: number; askedMs: number };

export type ConcurrencyLimitOptions = FlightOptions & {
  ask: (question: Question) => Promise<SlotVerdict>;
};

export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #known = new LruMap<string, KnownVerdict>(KNOWN_MAX);
  /** Sound and picture begin together: one call, as for a hostile client's thousand requests. */
  readonly #asking: SingleFlight<SlotVerdict>;

  constructor(options: ConcurrencyLimitOptions) {
    this.#options = options;
    this.#asking = new SingleFlight(options, { joinMs: ASK_WAIT_MS, waitMs: ASK_WAIT_MS });
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
    // An answer from the future is old: a clock that was set back must not make it good for long.
    const isYounger = (sinceMs: number, milliseconds: number) => Math.abs(nowMs - sinceMs) < milliseconds;
    if (!isYounger(notedMs, verdict.admitted ? TRUST_MS : REFUSED_MS)) {
      return null;
    }
    if (verdict.admitted && !isYounger(askedMs, RENEW_MS)) {
      this.#known.set(question.sessionId, { ...known, askedMs: nowMs });
      this.#options.waitUntil(this.#ask(question));
    }
    return verdict;
  }

  async #wait(question: Question): Promise<SlotVerdict> {
    const joined = await this.#asking.run(question.sessionId, () => this.#ask(question));
    return joined.role === 'late' ? this.#unknown(question, 'late') : joined.value;
  }

  /** The answer, or what replaces it after ASK_WAIT_MS; one that comes later is still noted. Never rejects. */
  async #ask(question: Question): Promise<SlotVerdict> {
    const { ask, startTimer, waitUntil } = this.#options;
    const asked = ask(question).then((verdict) => this.#note(question.sessionId, verdict));
    waitUntil(asked.catch(() => {}));
    try {
      const verdict = await within(asked, ASK_WAIT_MS, startTimer);
      return verdict === TIMED_OUT ? this.#unknown(question, 'no answer') : verdict;
    } catch (error) {
      return this.#unknown(question, String(error));
    }
  }

  #note(sessionId: string, verdict: SlotVerdict): SlotVerdict {
    const nowMs = this.#options.now();
    this.#known.set(sessionId, { verdict, notedMs: nowMs, askedMs: nowMs });
    return verdict;
  }

  /** Goes on with the last answer, else lets the session in; the next try is in the background. */
  #unknown({ sessionId }: Question, reason: string): SlotVerdict {
    meter.countStreamLimitUnknown();
    log.warn({ event: 'stream_limit_unknown', reason });
    return this.#note(sessionId, this.#known.get(sessionId)?.verdict ?? { admitted: true });
  }
}
