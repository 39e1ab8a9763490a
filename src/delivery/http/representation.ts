/** Answers with a selected representation (RFC 9110 3.2), be it a stored object or a rendered text. */
import { AppError } from '../../errors.ts';
import type { DeliveryPolicy } from '../objects/cache-policy.ts';
import type { TierName } from '../objects/objects.ts';
import type { ByteRange } from '../objects/ranges.ts';
import { evaluateConditions } from './conditionals.ts';
import type { ContentCoding } from './content-coding.ts';
import { httpDate, PUBLIC_HEADERS } from './public-access.ts';

export type Representation = {
  size: number;
  /** Quoted and strong; `null` of a text that differs each time, which has no ranges either. */
  etag: string | null;
  /** `null` where no tier was asked. */
  tier: TierName | null;
  policy: DeliveryPolicy;
  /** Absent where there is one form for all clients. */
  coding?: ContentCoding;
};

type HeaderRecord = Record<string, string>;

/** Tells a cache which requests an answer is for; also of answers without content (RFC 9110 12.5.5, 15.4.5). */
const varying = ({ coding }: Pick<Representation, 'coding'>): HeaderRecord =>
  coding === undefined ? {} : { vary: 'Accept-Encoding' };

/** Which tier answered: read by players (CMCD, resource timing) and by our own metrics (W3C Server Timing). */
const timed = ({ tier }: Representation): HeaderRecord =>
  tier === null ? {} : { 'server-timing': `tier;desc=${tier}` };

/** 200, or 206 where `body` is a `part`. */
export function answerWith(representation: Representation, body: BodyInit | null, part?: ByteRange): Response {
  const { size, policy, etag, coding } = representation;
  // A record, not Headers: the runtime makes those from it once, with the Response.
  const headers: HeaderRecord = {
    ...PUBLIC_HEADERS,
    date: httpDate(Date.now()),
    'content-type': policy.contentType,
    'content-length': String(part?.length ?? size),
    'cache-control': policy.cacheControl,
    ...(etag === null ? { 'accept-ranges': 'none' } : { 'accept-ranges': 'bytes', etag }),
    ...(coding === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    ...varying(representation),
    ...timed(representation),
  };
  if (part !== undefined) {
    headers['content-range'] = `bytes ${part.offset}-${part.offset + part.length - 1}/${size}`;
  }
  // Keeps the runtime from compressing a body that is gzip already.
  const encoding = coding === 'gzip' ? { encodeBody: 'manual' as const } : {};
  return new Response(body, { status: part === undefined ? 200 : 206, headers, ...encoding });
}

/** 304 carries what a 200 would to update a cache entry (RFC 9110 15.4.5), and no body. */
function notModified(representation: Representation): Response {
  const { etag, policy } = representation;
  const headers = {
    ...(etag === null ? {} : { etag }),
    'cache-control': policy.cacheControl,
    ...varying(representation),
    ...timed(representation),
  };
  return new Response(null, { status: 304, headers });
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
