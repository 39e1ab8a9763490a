/** What answers with a selected representation (RFC 9110 3.2) have alike, be it a stored object or a rendered text. */
import { AppError } from '../../errors.ts';
import type { DeliveryPolicy } from '../objects/cache-policy.ts';
import type { TierName } from '../objects/objects.ts';
import type { ByteRange } from '../objects/ranges.ts';
import { evaluateConditions } from './conditionals.ts';
import type { ContentCoding } from './content-coding.ts';
import { httpDate, PUBLIC_HEADERS } from './public-access.ts';

export type Representation = {
  size: number;
  /** Quoted and strong; `null` of what is another each time, so that parts of it are of no use either. */
  etag: string | null;
  /** `null` where none of them was asked. */
  tier: TierName | null;
  policy: DeliveryPolicy;
  /** Left out where there is one form for all clients. */
  coding?: ContentCoding;
};

type HeaderRecord = Record<string, string>;

/** What tells a cache which requests an answer is for; also of those without content (RFC 9110 12.5.5, 15.4.5). */
const varying = ({ coding }: Pick<Representation, 'coding'>): HeaderRecord =>
  coding === undefined ? {} : { vary: 'Accept-Encoding' };

/** Which tier answered: read by players (CMCD, resource timing) and by our own metrics (W3C Server Timing). */
const timed = ({ tier }: Representation): HeaderRecord =>
  tier === null ? {} : { 'server-timing': `tier;desc=${tier}` };

/** A record, not Headers: the runtime makes those once, from this, with the Response. */
function headersOf(representation: Representation, contentLength: number): HeaderRecord {
  const { policy, etag, coding } = representation;
  return {
    ...PUBLIC_HEADERS,
    date: httpDate(Date.now()),
    'content-type': policy.contentType,
    'content-length': String(contentLength),
    'cache-control': policy.cacheControl,
    ...(etag === null ? { 'accept-ranges': 'none' } : { 'accept-ranges': 'bytes', etag }),
    ...(coding === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    ...varying(representation),
    ...timed(representation),
  };
}

/** The runtime would compress what it is told is gzip; such bodies are gzip already. */
const encodingOf = ({ coding }: Representation) => (coding === 'gzip' ? { encodeBody: 'manual' as const } : {});

export function wholeAnswer(representation: Representation, body: BodyInit | null): Response {
  return new Response(body, { headers: headersOf(representation, representation.size), ...encodingOf(representation) });
}

/** 206; `body` is that part. */
export function partialAnswer(representation: Representation, { offset, length }: ByteRange, body: BodyInit): Response {
  const headers = headersOf(representation, length);
  headers['content-range'] = `bytes ${offset}-${offset + length - 1}/${representation.size}`;
  return new Response(body, { status: 206, headers, ...encodingOf(representation) });
}

/** 304 carries what a 200 would to update a cache entry (RFC 9110 15.4.5), and no body. */
function notModified(representation: Representation): Response {
  const { etag, policy } = representation;
  const headers = { ...(etag === null ? {} : { etag }), 'cache-control': policy.cacheControl };
  return new Response(null, {
    status: 304,
    headers: { ...headers, ...varying(representation), ...timed(representation) },
  });
}

/** 304, or `null` where the request goes on. Throws AppError `precondition_failed`. */
export function answerConditions(headers: Headers, representation: Representation): Response | null {
  const outcome = evaluateConditions(headers, representation.etag);
  if (outcome === 'failed') {
    throw new AppError('precondition_failed', { headers: varying(representation) });
  }
  return outcome === 'not-modified' ? notModified(representation) : null;
}

/** 416, with the size that would have been right (RFC 9110 15.5.17). */
export const unsatisfiable = (representation: Pick<Representation, 'size' | 'coding'>): AppError =>
  new AppError('range_not_satisfiable', {
    headers: { 'content-range': `bytes */${representation.size}`, ...varying(representation) },
  });
