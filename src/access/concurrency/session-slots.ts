/**
 * Which sessions of one viewer may fetch: a value, and one function from it to the next. Pure; the clock comes in.
 *
 * A session holds a place while it fetches. Nobody tells when a player stops, so a reload looks like one session too
 * many for as long as the old one might only be between two fetches. Hence a session beyond the limit is let in for a
 * grace time, one at a time; who was there first and has been quiet for a lease by then has left, and the newcomer takes
 * the place. If nobody has left, the policy decides, and for a while nobody is given grace again.
 *
 * - reject-new: the newcomer loses.
 * - evict-oldest: the session that began first loses. Where the limit is one there is no doubt whose place it is, so it
 *   loses at once; with more, evicting at once would hit another screen of the household whenever somebody reloads.
 *
 * A session that lost comes back only into a free place: it never pushes another one out.
 */
import type { ConcurrencyLimits } from './limits.ts';

/** How often a fetching session is heard of, from each isolate that serves it. */
export const RENEW_MS = 10_000;
/**
 * A session that has not been heard of for this long has left. Players fetch in bursts: one that fills 50 s of buffer and
 * goes on at 15 s is quiet for 35 s, and what is heard of it may be RENEW_MS old when it falls silent.
 */
export const LEASE_MS = 45_000;
/** Longer than a lease, so that whoever left before the newcomer came is out of it by then; the rest is for late calls. */
export const GRACE_MS = LEASE_MS + 5_000;
/**
 * No grace for so long after one that did not find a free place: reloading gives an extra stream for 50 s of 170 at most.
 * It keeps nobody out longer than a lease whose place has become free.
 */
export const COOLDOWN_MS = 120_000;
/**
 * The book is stored at least so often while sessions fetch; in between, what a restarted object does not know is
 * bounded by it (see reopen). Six rows an hour for each viewer.
 */
export const PERSIST_MS = 600_000;
/** Those that lost are remembered while anybody of the viewer plays; more of them is no player any more. */
export const LOST_MAX = 500;

type Holder = { session: string; sinceMs: number; seenMs: number };
type LossCode = 'stream_limit' | 'stream_evicted';
export type SlotVerdict = { admitted: true } | { admitted: false; code: LossCode };

export type Book = {
  /** In the order in which they began. */
  holders: readonly Holder[];
  /** The one beyond the limit, what its link claims, and since when there has been such a one. */
  contest: { newcomer: Holder; limits: ConcurrencyLimits; sinceMs: number } | null;
  /** In the order in which they lost. */
  lost: readonly { session: string; code: LossCode }[];
  /** Until then nobody is given grace. */
  coolUntilMs: number;
  savedMs: number;
};

export const EMPTY_BOOK: Book = { holders: [], contest: null, lost: [], coolUntilMs: 0, savedMs: 0 };

const ADMITTED: SlotVerdict = { admitted: true };
const refused = (code: LossCode): SlotVerdict => ({ admitted: false, code });

/** Within so long of `nowMs`. What lies further ahead was noted by a clock that has been set back: it counts no more. */
const isWithin = (lengthMs: number, atMs: number, nowMs: number): boolean => Math.abs(nowMs - atMs) < lengthMs;

const isLive = ({ seenMs }: Holder, nowMs: number): boolean => isWithin(LEASE_MS, seenMs, nowMs);
const isCooling = ({ coolUntilMs }: Book, nowMs: number): boolean =>
  nowMs < coolUntilMs && coolUntilMs - nowMs <= COOLDOWN_MS;
const seen = (holder: Holder, nowMs: number): Holder => ({ ...holder, seenMs: Math.max(holder.seenMs, nowMs) });

function lose(book: Book, losers: readonly Holder[], code: LossCode): Book {
  const added = losers.map(({ session }) => ({ session, code }));
  return { ...book, lost: [...book.lost, ...added].slice(-LOST_MAX) };
}

/** The newcomer takes the place of those that began first, as many as the limit asks for. */
function replaceOldest(book: Book, newcomer: Holder, { sessions }: ConcurrencyLimits): Book {
  const staying = Math.min(book.holders.length, sessions - 1);
  const leaving = book.holders.length - staying;
  const holders = [...book.holders.slice(leaving), newcomer];
  return lose({ ...book, holders }, book.holders.slice(0, leaving), 'stream_evicted');
}

/** What has become of the book by now. The same object where nothing has. */
function settle(book: Book, nowMs: number): Book {
  const live = book.holders.filter((holder) => isLive(holder, nowMs));
  const holders = live.length === book.holders.length ? book.holders : live;
  const { contest } = book;
  if (contest === null) {
    // Nobody is left to be pushed out: who lost is as good as anybody.
    return live.length === 0 ? EMPTY_BOOK : holders === book.holders ? book : { ...book, holders };
  }
  const { newcomer, limits, sinceMs } = contest;
  const stays = isLive(newcomer, nowMs);
  if (live.length < limits.sessions) {
    const free = { ...book, holders: stays ? [...live, newcomer] : live, contest: null };
    return free.holders.length === 0 ? EMPTY_BOOK : free;
  }
  const endsMs = sinceMs + GRACE_MS;
  if (isWithin(GRACE_MS, sinceMs, nowMs)) {
    return holders === book.holders ? book : { ...book, holders };
  }
  const ended: Book = { ...book, holders, contest: null, coolUntilMs: endsMs + COOLDOWN_MS };
  if (!stays) {
    return ended;
  }
  return limits.policy === 'reject-new'
    ? lose(ended, [newcomer], 'stream_limit')
    : replaceOldest(ended, newcomer, limits);
}

/** A session that is not in the settled book wants in. */
function enter(
  book: Book,
  session: string,
  limits: ConcurrencyLimits,
  nowMs: number,
): { book: Book; verdict: SlotVerdict } {
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
  // Whoever reloads twice comes again while its first try is still in grace: the later takes over, the clock runs on.
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

/** While places are in dispute it matters to the second who has been heard of, also after a restart. */
const isDisputed = (book: Book, nowMs: number): boolean => book.contest !== null || isCooling(book, nowMs);

export type Renewal = { book: Book; verdict: SlotVerdict; mustSave: boolean };

/** A session fetches. */
export function renew(before: Book, session: string, limits: ConcurrencyLimits, nowMs: number): Renewal {
  const book = settle(before, nowMs);
  const isNewcomer = book.contest?.newcomer.session === session;
  if (!isNewcomer && !book.holders.some((holder) => holder.session === session)) {
    const entered = enter(book, session, limits, nowMs);
    return { ...entered, mustSave: entered.book !== before };
  }
  const touched: Book = {
    ...book,
    holders: book.holders.map((holder) => (holder.session === session ? seen(holder, nowMs) : holder)),
    contest:
      isNewcomer && book.contest !== null
        ? { ...book.contest, newcomer: seen(book.contest.newcomer, nowMs) }
        : book.contest,
  };
  const mustSave = book !== before || isDisputed(book, nowMs) || !isWithin(PERSIST_MS, book.savedMs, nowMs);
  return { book: touched, verdict: ADMITTED, mustSave };
}

/**
 * The book as a restarted object goes on with it. Renewals that changed nothing were not stored: each holder is given the
 * benefit of the doubt, up to the time at which a renewal would have been stored. In a dispute every one was.
 */
export function reopen(stored: Book, nowMs: number): Book {
  if (isDisputed(stored, nowMs)) {
    return stored;
  }
  const possiblyMs = Math.min(nowMs, stored.savedMs + PERSIST_MS);
  return { ...stored, holders: stored.holders.map((holder) => seen(holder, possiblyMs)) };
}

export const isEmpty = (book: Book, nowMs: number): boolean => settle(book, nowMs).holders.length === 0;
