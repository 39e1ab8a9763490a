import { expect, test } from 'vitest';
import { checkAppend } from '../../../../../src/control/uploads/session/check-append.ts';
import { MAX_BODY_BYTES } from '../../../../../src/control/uploads/session/limits.ts';
import type { AppendOrder, UploadFacts } from '../../../../../src/control/uploads/session/session-port.ts';
import type { Session } from '../../../../../src/control/uploads/session/session-store.ts';

const FACTS: UploadFacts = { id: 'id', key: 'key', contentType: null, length: null, maxBytes: 1000 };
const SESSION: Session = { facts: FACTS, offset: 10, length: null, phase: 'open', multipartId: null, failures: 0 };

const check = (order: Partial<AppendOrder>, session: Partial<Session>, bodyBytes: number | null) =>
  checkAppend({ ...SESSION, ...session }, { facts: FACTS, offset: 10, ...order }, bodyBytes);

test.each([
  ['no length yet', {}, {}, 5, { wholeLength: null, limit: 1000, beyond: 'too_large' }],
  ['a length told now', { length: 20 }, {}, 5, { wholeLength: 20, limit: 20, beyond: 'too_large' }],
  ['a length told before', {}, { length: 20 }, null, { wholeLength: 20, limit: 20, beyond: 'too_large' }],
  ['the last body has the length', { isLast: true }, {}, 5, { wholeLength: 15, limit: 15, beyond: 'too_large' }],
  ['another offset', { offset: 9 }, {}, 5, 'offset_mismatch'],
  ['ended', {}, { phase: 'ending' }, 5, 'ended'],
  ['two lengths', { length: 20 }, { length: 21 }, 5, 'length_mismatch'],
  ['a length that is passed already', { length: 9 }, {}, 0, 'length_mismatch'],
  ['the last body does not end at the length', { isLast: true }, { length: 20 }, 5, 'length_mismatch'],
  ['a body that claims more than the length', {}, { length: 20 }, 11, 'too_large'],
  ['a body that claims more than may be', {}, {}, 991, 'too_large'],
  ['a length above what may be', { length: 1001 }, {}, 5, 'too_large'],
] as const)('%s', (_, order, session, bodyBytes, expected) => {
  expect(check(order, session, bodyBytes)).toEqual(expected);
});

test('a body has a limit of its own, whether it tells its length or not', () => {
  const facts = { ...FACTS, maxBytes: 1e11 };
  const accepted = { wholeLength: 1e9, limit: 10 + MAX_BODY_BYTES, beyond: 'body_too_large' };
  expect(check({ facts }, { length: 1e9 }, MAX_BODY_BYTES)).toEqual(accepted);
  expect(check({ facts }, { length: 1e9 }, null)).toEqual(accepted);
  expect(check({ facts }, {}, MAX_BODY_BYTES + 1)).toBe('body_too_large');
});

test('a first append begins at 0', () => {
  expect(checkAppend(null, { facts: FACTS, offset: 0 }, 5)).toEqual({
    wholeLength: null,
    limit: 1000,
    beyond: 'too_large',
  });
  expect(checkAppend(null, { facts: FACTS, offset: 1 }, 5)).toBe('offset_mismatch');
});
