/** Whether an append may begin, from what is known before its body. Pure. */
import { MAX_BODY_BYTES, UPLOAD_BYTES_MAX } from './limits.ts';
import type { AppendOrder, AppendResult } from './session-port.ts';
import type { Session } from './session-store.ts';

export type Refusal = NonNullable<AppendResult['refused']>;

/** `wholeLength`: of the upload, if it is known by now. `limit`: the offset that the body must not pass; else `beyond`. */
export type Accepted = { wholeLength: number | null; limit: number; beyond: Refusal };

export function checkAppend(session: Session | null, order: AppendOrder, bodyBytes: number | null): Accepted | Refusal {
  const { facts, offset } = order;
  if (session !== null && session.phase !== 'open') {
    return 'ended';
  }
  if (offset !== (session?.offset ?? 0)) {
    return 'offset_mismatch';
  }
  const endsAt = bodyBytes === null ? offset : offset + bodyBytes;
  const told = order.length ?? (order.isLast === true && bodyBytes !== null ? endsAt : null);
  const known = session?.length ?? facts.length;
  if ((known !== null && told !== null && known !== told) || (told !== null && told < offset)) {
    return 'length_mismatch';
  }
  const wholeLength = known ?? told;
  const sizeMax = Math.min(facts.maxBytes, UPLOAD_BYTES_MAX);
  const end = wholeLength ?? sizeMax;
  if (end > sizeMax || endsAt > end) {
    return 'too_large';
  }
  const bodyMax = offset + MAX_BODY_BYTES;
  if (endsAt > bodyMax) {
    return 'body_too_large';
  }
  return end > bodyMax
    ? { wholeLength, limit: bodyMax, beyond: 'body_too_large' }
    : { wholeLength, limit: end, beyond: 'too_large' };
}
