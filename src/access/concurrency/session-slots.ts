/**
 * Which sessions of one viewer may fetch: a value, and a function from one value to the next. Pure; the clock is given.
 *
 * A session holds a place while it fetches. No player says when it stops, so after a reload the old session looks alive
 * until it has been silent for a lease. Hence one session beyond the limit is let in for a grace time. If an earlier
 * session has left by then, the newcomer takes its place. If not, the policy decides, and for a while there is no new
 * grace.
 *
 * - reject-new: the newcomer loses.
 * - evict-oldest: the session that began first loses. Where the limit is one, it loses at once, because there is no
 *   doubt whose place is taken. With more, evicting at once would hit another screen of the household at every reload.
 *
 * A session that lost comes back only into a free place. It never pushes another one out.
 */
import type { ConcurrencyLimits } from './limits.ts';

/** How often each isolate that serves a fetching session renews it. */
export const RENEW_MS = 10_000;
/**
 * A session that was not renewed for this long has left. Players fetch in bursts: one that fills 50 s of buffer and
 * goes on at 15 s is silent for 35 s, and its last renewal may be RENEW_MS older.
 */
export const LEASE_MS = 45_000;
/** Longer than a lease, so that sessions that left before the newcomer came are out of it. 5 s are for late calls. */
export const GRACE_MS = LEASE_MS + 5_000;
/**
 * No grace for this long after one that found no free place, so that reloading gives an extra stream for 50 s of 170 at
 * most. A session waits no longer than a lease for a place that has become free.
 */
export const COOLDOWN_MS = 120_000;
/** While sessions fetch, the book is stored at least this often (see reopen): six rows an hour for each viewer. */
export const PERSIST_MS = 600_000;
/** Sessions that lost are remembered while any session of the viewer plays. No player makes more. */
export const LOST_MAX = 500;

type Holder = { session: string; sinceMs: number; seenMs: number };
type LossCode = 'stream_limit' | 'stream_evicted';
export type SlotVerdict = { admitted: true } | { admitted: false; code: LossCode };

export type Book = {
  /** In the order in which they began. */
  holders: readonly Holder[];
  /** The session beyond the limit, the limits of its link, and the start of the grace. */
  contest: { newcomer: Holder; limits: ConcurrencyLimits; sinceMs: number } | null;
  /** In the order in which they lost. */
  lost: readonly { session: string; code: LossCode }[];
  /** No grace until then. */
  coolUntilMs: number;
  savedMs: number;
};

export const EMPTY_BOOK: Book = { holders: [], contest: null, lost: [], coolUntilMs: 0, savedMs: 0 };

const ADMITTED: SlotVerdict = { admitted: true };
const refused = (code: LossCode): SlotVerdict => ({ admitted: false, code });

/** Less than `lengthMs` from now. A time further ahead is from a clock that was set back since, and no longer counts. */
const isWithin = (lengthMs: number, atMs: number, nowMs: number): boolean => Math.abs(nowMs - atMs) < lengthMs;

const isLive = ({ seenMs }: Holder, nowMs: number): boolean => isWithin(LEASE_MS, seenMs, nowMs);
const isCooling = ({ coolUntilMs }: Book, nowMs: number): boolean =>
  nowMs < coolUntilMs && coolUntilMs - nowMs <= COOLDOWN_MS;
const seen = (holder: Holder, nowMs: number): Holder => ({ ...holder, seenMs: Math.max(holder.seenMs, nowMs) });

function lose(book: Book, losers: readonly Holder[], code: LossCode): Book {
  const added = losers.map(({ session }) => ({ session, code }));
  return { ...book, lost: [...book.lost, ...added].slice(-LOST_MAX) };
}

/** The newcomer replaces as many of the oldest sessions as the limit asks for. */
function replaceOldest(book: Book, newcomer: Holder, { sessions }: ConcurrencyLimits): Book {
  const staying = Math.min(book.holders.length, sessions - 1);
  const leaving = book.holders.length - staying;
  const holders = [...book.holders.slice(leaving), newcomer];
  return lose({ ...book, holders }, book.holders.slice(0, leaving), 'stream_evicted');
}

/** The book with everything that has ended by now. The same object where nothing has. */
function settle(book: Book, nowMs: number): Book {
  const live = book.holders.filter((holder) => isLive(holder, nowMs));
  const trimmed = live.length === book.holders.length ? book : { ...book, holders: live };
  if (book.contest === null) {
    // No session is left to be pushed out, so losses are forgotten.
    return live.length === 0 ? EMPTY_BOOK : trimmed;
  }
  const { newcomer, limits, sinceMs } = book.contest;
  const stays = isLive(newcomer, nowMs);
  if (live.length < limits.sessions) {
    const holders = stays ? [...live, newcomer] : live;
    return holders.length === 0 ? EMPTY_BOOK : { ...book, holders, contest: null };
  }
  if (isWithin(GRACE_MS, sinceMs, nowMs)) {
    return trimmed;
  }
  const ended: Book = { ...trimmed, contest: null, coolUntilMs: sinceMs + GRACE_MS + COOLDOWN_MS };
  if (!stays) {
    return ended;
  }
  return limits.policy === 'reject-new'
    ? lose(ended, [newcomer], 'stream_limit')
    : replaceOldest(ended, newcomer, limits);
}

type Decision = { book: Book; verdict: SlotVerdict };

/** For a session that is not in the settled book. */
function enter(book: Book, session: string, limits: ConcurrencyLimits, nowMs: number): Decision {
  const newcomer: Holder = { session, sinceMs: nowMs, seenMs: nowMs };
  const { holders, contest } = book;
  if (holders.length + (contest === null ? 0 : 1) < limits.sessions) {
    const lost = book.lost.filter((entry) => entry.session !== session);
    return { book: { ...book, holders: [...holders, newcomer], lost }, verdict: ADMITTED };
  }
  const loss = book.lost.find((entry) => entry.session === session);
  if (loss !== undefined) {
    return { book, verdict: refused(loss.code) };
  }
  const cools = isCooling(book, nowMs);
  const evicts = limits.policy === 'evict-oldest';
  if (cools && !evicts) {
    return { book, verdict: refused('stream_limit') };
  }
  // After a second reload the first try is still in grace: the later session takes over, and the grace ends as before.
  const alone: Book =
    contest === null
      ? book
      : lose({ ...book, contest: null }, [contest.newcomer], evicts ? 'stream_evicted' : 'stream_limit');
  if (evicts && (cools || limits.sessions === 1)) {
    return { book: replaceOldest(alone, newcomer, limits), verdict: ADMITTED };
  }
  const sinceMs = contest?.sinceMs ?? nowMs;
  return { book: { ...alone, contest: { newcomer, limits, sinceMs } }, verdict: ADMITTED };
}

/** While places are in dispute, each renewal decides something, also after a restart. */
const isDisputed = (book: Book, nowMs: number): boolean => book.contest !== null || isCooling(book, nowMs);

/** A session fetches. */
export function renew(
  before: Book,
  session: string,
  limits: ConcurrencyLimits,
  nowMs: number,
): Decision & { mustSave: boolean } {
  const book = settle(before, nowMs);
  const { holders, contest } = book;
  const isThis = (holder: Holder | undefined): boolean => holder?.session === session;
  if (!isThis(contest?.newcomer) && !holders.some(isThis)) {
    const entered = enter(book, session, limits, nowMs);
    return { ...entered, mustSave: entered.book !== before };
  }
  const touch = (holder: Holder): Holder => (isThis(holder) ? seen(holder, nowMs) : holder);
  const touched: Book = {
    ...book,
    holders: holders.map(touch),
    contest: contest && { ...contest, newcomer: touch(contest.newcomer) },
  };
  const mustSave = book !== before || isDisputed(book, nowMs) || !isWithin(PERSIST_MS, book.savedMs, nowMs);
  return { book: touched, verdict: ADMITTED, mustSave };
}

/**
 * The book as a restarted object goes on with it. Renewals that changed nothing were not stored, so each holder may
 * have been seen up to the time at which a renewal would have been stored. In a dispute every renewal was stored.
 */
export function reopen(stored: Book, nowMs: number): Book {
  if (isDisputed(stored, nowMs)) {
    return stored;
  }
  const possiblyMs = Math.min(nowMs, stored.savedMs + PERSIST_MS);
  return { ...stored, holders: stored.holders.map((holder) => seen(holder, possiblyMs)) };
}

export const isEmpty = (book: Book, nowMs: number): boolean => settle(book, nowMs).holders.length === 0;
