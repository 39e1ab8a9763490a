/** Serves one stored object: ranges, conditionals, HEAD (RFC 9110). The tiers decide whether its body streams. */
import { AppError } from '../../errors.ts';
import type { DeliveryPolicy } from '../objects/cache-policy.ts';
import type { ObjectSource } from '../objects/objects.ts';
import { parseRangeSpec, type RangeSpec } from '../objects/ranges.ts';
import type { SentBuffers } from '../objects/sent-buffers.ts';
import { ifRangeHolds } from './conditionals.ts';
import { answerConditions, answerWith, type Representation, unsatisfiable } from './representation.ts';
import { bodyOf } from './send-bytes.ts';

type Serving = {
  isolate: { objects: ObjectSource; sent: SentBuffers };
  key: string;
  request: Request;
  policy: DeliveryPolicy;
};

const CONDITIONAL_HEADERS = ['if-match', 'if-none-match', 'if-range'] as const;

async function read({ isolate, key, policy }: Serving, range: RangeSpec | null): Promise<Response> {
  const object = await isolate.objects.get(key, range ?? undefined);
  if (object.kind === 'missing') {
    throw new AppError('not_found');
  }
  if (object.kind === 'unsatisfiable') {
    throw unsatisfiable(object);
  }
  const { size, etag, tier, body, part, crowd, giveBack } = object;
  const sending = { sent: isolate.sent, now: Date.now, crowd, giveBack };
  const sent = body instanceof Uint8Array ? bodyOf(body, sending) : body;
  const response = answerWith({ size, etag, tier, policy }, sent, range === null ? undefined : part);
  if (sent === body) {
    // A Response has a copy of the bytes that it was made of (Fetch 5.2, extract a body).
    giveBack?.();
  }
  return response;
}

/**
 * 200, 206 or 304. Throws AppError `not_found`, `precondition_failed`, `range_not_satisfiable` or `unavailable`.
 * Conditional requests ask for the entity tag first and mostly need no more. Range applies to GET only (RFC 9110 14.2).
 */
export async function serveObject(serving: Serving): Promise<Response> {
  const { headers, method } = serving.request;
  const isHead = method === 'HEAD';
  let range = isHead ? null : parseRangeSpec(headers.get('range'));
  if (isHead || CONDITIONAL_HEADERS.some((name) => headers.has(name))) {
    const head = await serving.isolate.objects.head(serving.key);
    if (head === null) {
      throw new AppError('not_found');
    }
    const representation: Representation = { ...head, policy: serving.policy };
    const answered = answerConditions(headers, representation);
    if (answered !== null) {
      return answered;
    }
    if (isHead) {
      return answerWith(representation, null);
    }
    range = ifRangeHolds(headers, head.etag) ? range : null;
  }
  return read(serving, range);
}
