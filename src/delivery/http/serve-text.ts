/**
 * Serves a rendered playlist or MPD as objects are served (conditions, ranges, HEAD), in a coding that the client takes
 * (HAS 10.1). A text that must not be stored has no entity tag and no ranges: it differs each time.
 */

import { type ParsedRange, parseRange } from '../objects/ranges.ts';
import { ifRangeHolds } from './conditionals.ts';
import { type ContentCoding, chooseCoding } from './content-coding.ts';
import type { RenderedText } from './rendered-text.ts';
import { answerConditions, answerWith, type Representation, unsatisfiable } from './representation.ts';

type ServedText = Pick<Representation, 'tier' | 'policy'> & { text: RenderedText };

/** gzip adds 18 bytes and a code table: shorter texts hardly shrink, or grow. */
const MIN_GZIP_BYTES = 150;

/** Cloudflare replaces the header by what the platform can read, and keeps the client's own in `cf`. */
function acceptEncodingOf(request: Request): string | null {
  const original = request.cf?.['clientAcceptEncoding'];
  return typeof original === 'string' ? original : request.headers.get('accept-encoding');
}

const codingFor = (request: Request, text: RenderedText): ContentCoding =>
  text.bytes.byteLength < MIN_GZIP_BYTES ? 'identity' : chooseCoding(acceptEncodingOf(request));

/**
 * A range is one of the coded bytes (RFC 9110 14.2). Many clients send Range and Accept-Encoding but cannot decode a
 * slice of gzip: they get the whole. Only a client that has a part already names the tag of the gzip form in If-Range.
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
    return answerWith(representation, bytes);
  }
  return answerWith(representation, bytes.subarray(range.offset, range.offset + range.length), range);
}
