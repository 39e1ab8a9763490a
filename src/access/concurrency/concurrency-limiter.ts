/**
 * ConcurrencyLimiter: the Durable Object of one viewer whose links limit how many sessions fetch at once. The rules are
 * in session-slots.ts. Only media segments call it (delivery/concurrency-limit.ts), so viewers without the claim have
 * none.
 *
 * Its name is a hash of the viewer's id, because names of objects show up in the platform's dashboards and logs.
 *
 * The platform restarts it at any time without notice, mostly after 10 s without a call. So the book is stored, as one
 * value, whenever the places change, at each renewal while places are in dispute, and otherwise every ten minutes.
 *
 * 1,000 session-hours cost seven cents by the price list, if one isolate serves each session: 360,000 renewals $0.054;
 * 6,000 stored books and as many alarms, a row each, $0.012; duration, at 2 ms a call, $0.001. A row for each renewal
 * would add $0.36. Every further isolate that serves a session adds its own renewals.
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

/** The number of the layout. Leases of another layout are forgotten, which lets in too many for one lease at most. */
const BOOK_KEY = 'book-1';
/** All sessions of a book that was not stored again for this long have left. */
export const BOOK_LIFE_MS = PERSIST_MS + LEASE_MS;

export type ConcurrencyEnv = { CONCURRENCY: DurableObjectNamespace<ConcurrencyLimiter> };

export class ConcurrencyLimiter extends DurableObject<object> {
  readonly #alarm: Alarm;
  #book: Book;

  constructor(context: DurableObjectState, env: object) {
    super(context, env);
    this.#alarm = new Alarm(context.storage);
    const stored = context.storage.kv.get<Book>(BOOK_KEY);
    this.#book = stored === undefined ? EMPTY_BOOK : reopen(stored, Date.now());
  }

  /** A session of the viewer fetches. A call may arrive twice or late. */
  async renew(session: string, limits: ConcurrencyLimits): Promise<SlotVerdict> {
    const now = Date.now();
    const { book, verdict, mustSave } = renew(this.#book, session, limits, now);
    this.#book = book;
    if (mustSave) {
      // The alarm first: a book without one would stay for good. Both are stored before any answer leaves.
      await this.#alarm.setBy(now + BOOK_LIFE_MS);
      this.#book = { ...this.#book, savedMs: now };
      this.ctx.storage.kv.put(BOOK_KEY, this.#book);
    }
    return verdict;
  }

  /** Deletes everything about a viewer who has stopped watching. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    if (isEmpty(this.#book, now)) {
      await this.#forget();
    } else {
      await this.#alarm.setBy(now + BOOK_LIFE_MS);
    }
  }

  /** The viewer is to be forgotten. Sessions that still play begin a new book. True where there was a book. */
  async clear(): Promise<boolean> {
    const wasStored = this.ctx.storage.kv.get(BOOK_KEY) !== undefined;
    if (wasStored) {
      await this.ctx.storage.deleteAlarm();
      await this.#forget();
    }
    return wasStored;
  }

  async #forget(): Promise<void> {
    this.#book = EMPTY_BOOK;
    await this.ctx.storage.deleteAll();
  }
}
