import { expect, test } from 'vitest';
import { withoutNull, withoutUndefined } from '../../../src/platform/members.ts';

test('of members that say nothing, each leaves out its own', () => {
  const members = { none: null, unknown: undefined, zero: 0, empty: '', no: false };
  expect(Object.keys(withoutNull(members))).toEqual(['unknown', 'zero', 'empty', 'no']);
  expect(Object.keys(withoutUndefined(members))).toEqual(['none', 'zero', 'empty', 'no']);
});
