/**
 * Serves a rendered playlist or MPD as objects are served: conditions, ranges, HEAD; and in the coding that the client
 * takes (HAS 10.1). What must not be stored has no entity tag and no ranges: the next one is another text.
 */

import type { DeliveryPolicy } from '../objects/cache-policy.ts';
import type { TierName } from '../objects/objects.ts';
import { type ParsedRange, parseRange } from '../objects/ranges.ts';
import { ifRangeHolds } from './conditionals.ts';
import { type ContentCoding, chooseCoding } from './content-coding.ts';
import type { RenderedText } from './rendered-text.ts';
import { answerConditions, partialAnswer, type Representation, unsatisfiable, wholeAnswer } from './representation.ts';

export type ServedText = {
  text: RenderedText;
  /** Where what it is made of came from. */
  tier: TierName | null;
  policy: DeliveryPolicy;
};

/** gzip adds 18 bytes and a code table: what is shorter than this hardly shrinks, or grows. */
const MIN_GZIP_BYTES = 150;

/**
 * What the client itself takes. Cloudflare (and `wrangler dev`) replaces the header by what the platform can read and
 * keeps the client's in `cf`, empty where there was none.
 */
function acceptEncodingOf(request: Request): string | null {
  const original = request.cf?.['clientAcceptEncoding'];
  return typeof original === 'string' ? original : request.headers.get('accept-encoding');
}

const codingFor = (request: Request, text: RenderedText): ContentCoding =>
  text.bytes.byteLength < MIN_GZIP_BYTES ? 'identity' : chooseCoding(acceptEncodingOf(request));

/**
 * A range is one of the coded bytes (RFC 9110 14.2). Of gzip it is honoured for whoever names the tag of that form in
 * If-Range, and so has a part of it: many clients add both Range and Accept-Encoding without meaning slices of a gzip
 * stream, which they cannot decode. They get the whole, which RFC 9110 allows and every client understands.
 */
function rangeOf({ method, headers }: Request, { etag, coding, size }: Representation): ParsedRange {
  const isKnown = coding !== 'gzip' || headers.has('if-range');
  return method === 'GET' && etag !== null && isKnown && ifRangeHolds(headers, etag)
    ? parseRange(headers.get('range'), size)
    : { kind: 'none' };
}

/** 200, 206 or 304. Throws AppError `precondition_failed` or `range_not_satisfiable`. */
export async function serveText(request: Request, { text, tier, policy }: ServedText): Promise<Response> {
  const coding = codingFor(request, text);
  const bytes = await text.coded(coding);
  const etag = policy.cacheControl.includes('no-store') ? null : await text.etag(coding);
  const representation = { size: bytes.byteLength, etag, tier, policy, coding };
  const answered = answerConditions(request.headers, representation);
  if (answered !== null) {
    return answered;
  }
  const range = rangeOf(request, representation);
  if (range.kind === 'unsatisfiable') {
    throw unsatisfiable(representation);
  }
  if (range.kind === 'none') {
    return wholeAnswer(representation, bytes);
  }
  return partialAnswer(representation, range, bytes.subarray(range.offset, range.offset + range.length));
}
