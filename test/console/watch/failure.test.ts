import { describe, expect, test } from 'vitest';
import { failureOf, failureOfResponse } from '../../../console/src/watch/failure.ts';

const problem = (members: Record<string, unknown>) => JSON.stringify(members);

describe('a refused request', () => {
  test('of a code we know is told in our words, with what the server said of this occurrence', () => {
    const failure = failureOfResponse(403, problem({ code: 'link_expired', title: 'Gone', detail: 'an hour ago' }));
    expect(failure).toMatchObject({ code: 'link_expired', title: 'This link has expired', detail: 'an hour ago' });
  });

  test('of a film that plays turned elsewhere says where', () => {
    const failure = failureOfResponse(403, problem({ code: 'source_not_turned', title: 'Turned' }));
    expect(failure).toMatchObject({
      title: expect.stringMatching(/not ready/),
      advice: expect.stringMatching(/Chrome/),
    });
  });

  test('of a newer code keeps the server’s title', () => {
    expect(failureOfResponse(403, problem({ code: 'rule_moon', title: 'Not on the moon' }))).toMatchObject({
      code: 'rule_moon',
      title: 'Not on the moon',
    });
  });

  test.each(['', '<html>', 'null', '[]', '{}', problem({ code: 7 })])(
    'with the body %j is told by its status',
    (body) => {
      expect(failureOfResponse(502, body)).toMatchObject({ code: 'network', detail: 'The server answered 502.' });
    },
  );

  test('of members that are no text is told without them', () => {
    expect(failureOfResponse(403, problem({ code: 'rule_ip', detail: { a: 1 } })).detail).toBe('');
  });
});

test.each([
  ['link_expired', false],
  ['link_revoked', false],
  ['session_revoked', false],
  ['asset_disabled', false],
  ['asset_not_published', true],
  ['asset_unpublished', false],
  ['rule_country', false],
  ['link_not_yet_valid', true],
  ['asset_not_found', true],
  ['source_not_turned', true],
  ['stream_evicted', true],
  ['network', true],
])('after %s, trying again helps: %s', (code, expected) => {
  expect(failureOf(code).isWorthRetrying).toBe(expected);
});

test('a code nobody knows still has a title and advice', () => {
  expect(failureOf('no_such_code')).toMatchObject({
    title: expect.stringMatching(/./),
    advice: expect.stringMatching(/./),
  });
});
