/** Serves one stored object: ranges, conditionals, HEAD (RFC 9110). Whether the body is held or streamed is the tiers' business. */
import { AppError } from '../errors.ts';
import type { DeliveryPolicy } from './cache-policy.ts';
import { evaluateConditions, ifRangeHolds } from './conditionals.ts';
import type { Isolate } from './isolate.ts';
import type { ObjectHead } from './objects.ts';
import { PUBLIC_HEADERS } from './public-access.ts';
import { parseRangeSpec, type RangeSpec } from './ranges.ts';
import { bodyOf } from './send-bytes.ts';

type Serving = { isolate: Pick<Isolate, 'objects' | 'sent'>; key: string; request: Request; policy: DeliveryPolicy };

const CONDITIONAL_HEADERS = ['if-match', 'if-none-match', 'if-range'] as const;

/** Named to players too (CMCD, resource timing): which tier answered (W3C Server Timing). */
const serverTiming = ({ tier }: ObjectHead): string => `tier;desc=${tier}`;

/** A record, not Headers: the runtime makes those once, from this, with the Response. */
function headersOf(head: ObjectHead, policy: DeliveryPolicy, contentLength: number): Record<string, string> {
  return {
    ...PUBLIC_HEADERS,
    'content-type': policy.contentType,
    'content-length': String(contentLength),
    'cache-control': policy.cacheControl,
    etag: head.etag,
    'accept-ranges': 'bytes',
    'server-timing': serverTiming(head),
  };
}

async function headOf({ isolate, key }: Serving): Promise<ObjectHead> {
  const head = await isolate.objects.head(key);
  if (head === null) {
    throw new AppError('not_found');
  }
  return head;
}

/** 304 carries what a 200 would to update a cache entry (RFC 9110 15.4.5), and no body. */
function notModified(head: ObjectHead, policy: DeliveryPolicy): Response {
  const headers = { etag: head.etag, 'cache-control': policy.cacheControl, 'server-timing': serverTiming(head) };
  return new Response(null, { status: 304, headers });
}

function unsatisfiable(size: number): AppError {
  return new AppError('range_not_satisfiable', { headers: { 'content-range': `bytes */${size}` } });
}

async function read({ isolate, key, policy }: Serving, range: RangeSpec | null): Promise<Response> {
  const object = await isolate.objects.get(key, range ?? undefined);
  if (object.kind === 'missing') {
    throw new AppError('not_found');
  }
  if (object.kind === 'unsatisfiable') {
    throw unsatisfiable(object.size);
  }
  const { offset, length } = object.part;
  const headers = headersOf(object, policy, length);
  const { body, crowd } = object;
  const answer = body instanceof Uint8Array ? bodyOf(body, { sent: isolate.sent, now: Date.now, crowd }) : body;
  if (range === null) {
    return new Response(answer, { headers });
  }
  headers['content-range'] = `bytes ${offset}-${offset + length - 1}/${object.size}`;
  return new Response(answer, { status: 206, headers });
}

/**
 * 200, 206 or 304. Throws AppError `not_found`, `precondition_failed`, `range_not_satisfiable` (416 with the size) or
 * `unavailable`. The usual request, without conditions, costs one read of the source; conditional ones ask for the
 * entity tag first and mostly need no more. Range applies to GET only (RFC 9110 14.2).
 */
export async function serveObject(serving: Serving): Promise<Response> {
  const { headers, method } = serving.request;
  const isHead = method === 'HEAD';
  let range = isHead ? null : parseRangeSpec(headers.get('range'));
  if (isHead || CONDITIONAL_HEADERS.some((name) => headers.has(name))) {
    const head = await headOf(serving);
    const outcome = evaluateConditions(headers, head.etag);
    if (outcome === 'failed') {
      throw new AppError('precondition_failed');
    }
    if (outcome === 'not-modified') {
      return notModified(head, serving.policy);
    }
    if (isHead) {
      return new Response(null, { headers: headersOf(head, serving.policy, head.size) });
    }
    range = ifRangeHolds(headers, head.etag) ? range : null;
  }
  return read(serving, range);
}
