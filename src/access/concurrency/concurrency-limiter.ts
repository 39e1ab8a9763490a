/**
 * ConcurrencyLimiter: the Durable Object of one viewer whose links limit how many sessions fetch at once. A thin shell over
 * session-slots.ts. Driven by media segments alone (delivery/concurrency-limit.ts); a viewer without the claim never has one.
 *
 * Its name is a hash of the viewer's id: names of objects show up in the platform's dashboards and logs.
 *
 * It is restarted at any time, mostly after 10 s without a call, and is not told. So the book is stored, as one value,
 * whenever who may fetch changes, at each renewal while that is in dispute, else every ten minutes.
 *
 * Cost of 1,000 session-hours, worked out from the price list, a session served by one isolate at a time: 360,000
 * renewals $0.054; 6,000 stored books and as many alarms, a row each, $0.012; duration, at 2 ms a call, $0.001. Seven
 * cents; a row for each renewal would add $0.36. Every further isolate that serves the session adds its own renewals.
 */
import { DurableObject } from 'cloudflare:workers';
import { Alarm } from '../../platform/alarm.ts';
import type { ConcurrencyLimits } from './limits.ts';
import {
  type Book,
  EMPTY_BOOK,
  isEmpty,
  LEASE_MS,
  PERSIST_MS,
  renew,
  reopen,
  type SlotVerdict,
} from './session-slots.ts';

/** With its layout's number: leases of another layout are forgotten, which lets in too many for a lease at most. */
const BOOK_KEY = 'book-1';
/** By then a book that has not been stored again is one of sessions that all have left. */
export const SWEEP_MS = PERSIST_MS + LEASE_MS;

export type ConcurrencyEnv = { CONCURRENCY: DurableObjectNamespace<ConcurrencyLimiter> };

export class ConcurrencyLimiter extends DurableObject<object> {
  readonly #alarm: Alarm;
  #book: Book;
  /** Then an alarm is set as well. */
  #isStored: boolean;

  constructor(context: DurableObjectState, env: object) {
    super(context, env);
    this.#alarm = new Alarm(context.storage);
    const stored = context.storage.kv.get<Book>(BOOK_KEY);
    this.#isStored = stored !== undefined;
    this.#book = stored === undefined ? EMPTY_BOOK : reopen(stored, Date.now());
  }

  /** A session of the viewer fetches. Arriving twice or late changes nothing that matters. */
  async renew(session: string, limits: ConcurrencyLimits): Promise<SlotVerdict> {
    const now = Date.now();
    const { book, verdict, mustSave } = renew(this.#book, session, limits, now);
    this.#book = book;
    if (mustSave) {
      await this.#save(now);
    }
    return verdict;
  }

  /** The alarm first: a book without one would stay for good. Both are stored before any answer leaves. */
  async #save(now: number): Promise<void> {
    await this.#alarm.setBy(now + SWEEP_MS);
    this.#book = { ...this.#book, savedMs: now };
    this.ctx.storage.kv.put(BOOK_KEY, this.#book);
    this.#isStored = true;
  }

  /** Leaves nothing behind of a viewer who has stopped watching. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    if (!isEmpty(this.#book, now)) {
      await this.#alarm.setBy(now + SWEEP_MS);
      return;
    }
    await this.#forget();
  }

  /** The viewer is to be forgotten. Whoever still plays begins a new book. True where there was anything. */
  async clear(): Promise<boolean> {
    const wasStored = this.#isStored;
    if (wasStored) {
      await this.ctx.storage.deleteAlarm();
      await this.#forget();
    }
    return wasStored;
  }

  async #forget(): Promise<void> {
    this.#book = EMPTY_BOOK;
    this.#isStored = false;
    await this.ctx.storage.deleteAll();
  }
}
