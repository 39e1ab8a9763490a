/** Objects as HTTP responses, as both kinds of edge cache keep them: what is asked, and what an answer says it holds. */
import { type StartTimer, TIMED_OUT, within } from '../../platform/timer.ts';
import type { ByteRange, RangeSpec } from '../objects/ranges.ts';

export function rangeHeader(range: RangeSpec): string {
  if ('suffix' in range) {
    return `bytes=-${range.suffix}`;
  }
  return `bytes=${range.offset}-${range.length === undefined ? '' : range.offset + range.length - 1}`;
}

/** What a cache answers; `null` where it has nothing, fails or takes too long: then its late answer is let go. */
export async function askCache(
  ask: () => Promise<Response | undefined>,
  waitMs: number,
  startTimer: StartTimer,
  passBy: (reason: string) => void,
): Promise<Response | null> {
  const work = (async () => ask())();
  try {
    const response = await within(work, waitMs, startTimer);
    if (response !== TIMED_OUT) {
      return response ?? null;
    }
    work.then((late) => late && discardResponse(late)).catch(() => {});
    passBy('no answer in time');
  } catch (error) {
    passBy(String(error));
  }
  return null;
}

export type Described = { size: number; etag: string; part: ByteRange };

/** Ours are strong: a cache that has made one weak may have changed the bytes. */
function strongTag(headers: Headers): string | null {
  const etag = headers.get('etag');
  return etag?.startsWith('"') ? etag : null;
}

/** A whole object's response; `null` where it is none, or does not say how long it is or which tag it has. */
export function describeWhole({ headers, status }: Response): Described | null {
  const etag = strongTag(headers);
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return status === 200 && etag !== null && Number.isInteger(length)
    ? { size: length, etag, part: { offset: 0, length } }
    : null;
}

/** A 206 likewise. */
export function describePart({ headers, status }: Response): Described | null {
  const etag = strongTag(headers);
  const match = status === 206 ? /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') : null;
  if (etag === null || match === null) {
    return null;
  }
  const [first, last, size] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return { size, etag, part: { offset: first, length: last - first + 1 } };
}

export function discardResponse({ body }: Response): void {
  body?.cancel().catch(() => {});
}
