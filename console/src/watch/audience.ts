/** Reads the answer of `GET /v/{link}/views`, and decides when to ask again. Pure. */

type Audience = { views: number; watching: number };

/** The numbers, or a failure: `failed` may be retried, `refused` is final. */
export type Answer = { kind: 'known'; audience: Audience } | { kind: 'failed' } | { kind: 'refused' };

const POLL_MS = 1_000;
/**
 * New viewers want to see their own view counted. Later the numbers matter less, and a call each second would cost the
 * operator as much as the film itself.
 */
const LATER_POLL_MS = 5_000;
export const LATER_AFTER_MS = 30_000;
/** Polls of a failing server become rarer, up to this interval. */
const POLL_MS_MAX = 10_000;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** A 4xx is final, because the link does not change. Only 408 and 429 are temporary. */
export function answerOf(status: number, body: unknown): Answer {
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return { kind: 'refused' };
  }
  if (status !== 200 || typeof body !== 'object' || body === null || !('views' in body) || !('watching' in body)) {
    return { kind: 'failed' };
  }
  const { views, watching } = body;
  return isCount(views) && isCount(watching) ? { kind: 'known', audience: { views, watching } } : { kind: 'failed' };
}

export type Moment = {
  /** Failures in a row, including this answer. */
  failures: number;
  /** Time since the page was opened or became visible again. */
  seenMs: number;
};

/** Milliseconds until the next call, or `null` for no further call. */
export function nextPollMs({ kind }: Answer, { failures, seenMs }: Moment): number | null {
  if (kind === 'refused') {
    return null;
  }
  const usualMs = seenMs < LATER_AFTER_MS ? POLL_MS : LATER_POLL_MS;
  return kind === 'known' ? usualMs : Math.min(POLL_MS_MAX, usualMs * 2 ** failures);
}
