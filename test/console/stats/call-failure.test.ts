import { expect, test } from 'vitest';
import { ApiError } from '../../../client/api.ts';
import { callFailureOf } from '../../../console/src/stats/call-failure.ts';

const problem = JSON.stringify({ code: 'unauthorized', title: 'No', detail: 'Token' });

test.each<[string, unknown, object]>([
  ['a problem', new ApiError('x', 401, problem), { status: 401, code: 'unauthorized', title: 'No', detail: 'Token' }],
  ["a proxy's page", new ApiError('x', 502, '<html>'), { status: 502, code: 'network', detail: 'Status 502' }],
  [
    'no answer',
    new ApiError('x', 0, '', new TypeError()),
    { status: 0, code: 'network', title: expect.stringContaining('reached') },
  ],
  ['whatever breaks while an answer is read', new TypeError('x'), { status: 0, code: 'unreadable' }],
])('%s is a failed call', (_, error, expected) => {
  expect(callFailureOf(error)).toMatchObject(expected);
});
