/** The lease book of one viewer without its object. Tests set the time. */

import type { ConcurrencyLimits } from '../../../../src/access/concurrency/limits.ts';
import { type Book, EMPTY_BOOK, RENEW_MS, renew, reopen } from '../../../../src/access/concurrency/session-slots.ts';

export type ConcurrencyPolicy = ConcurrencyLimits['policy'];

export const limitsOf = (sessions: number, policy: ConcurrencyPolicy = 'reject-new'): ConcurrencyLimits => ({
  sessions,
  policy,
});
export const START_MS = 1_800_000_000_000;

/** A viewer's object without storage. `restart` forgets what was not saved. */
export class Desk {
  book: Book = EMPTY_BOOK;
  stored: Book = EMPTY_BOOK;
  nowMs = START_MS;
  saves = 0;

  fetch(session: string, limits: ConcurrencyLimits): string {
    const { book, verdict, mustSave } = renew(this.book, session, limits, this.nowMs);
    this.book = book;
    if (mustSave) {
      this.saves += 1;
      this.book = { ...book, savedMs: this.nowMs };
      this.stored = this.book;
    }
    return verdict.admitted ? 'ok' : verdict.code;
  }

  restart(): void {
    this.book = reopen(this.stored, this.nowMs);
  }

  /** All sessions fetch every 10 s for this long. Returns the last answer to each. */
  play(milliseconds: number, sessions: Record<string, ConcurrencyLimits>): Record<string, string> {
    const last: Record<string, string> = {};
    for (const endMs = this.nowMs + milliseconds; this.nowMs <= endMs; this.nowMs += RENEW_MS) {
      for (const [session, limits] of Object.entries(sessions)) {
        last[session] = this.fetch(session, limits);
      }
    }
    return last;
  }
}

export const one = limitsOf(1);
export const two = limitsOf(2);
export const newest = limitsOf(1, 'evict-oldest');
export const newestTwo = limitsOf(2, 'evict-oldest');
