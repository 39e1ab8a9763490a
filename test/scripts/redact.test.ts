import { expect, test } from 'vitest';
import { shownLines, withoutTokens } from '../../scripts/redact.ts';

const LINK = 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJhIiwiZXhwIjoxfQ.c2ln-_A';

test.each([
  [
    `Error inside ProxyWorker POST http://x/s/${LINK}/v360/1/1.m4s`,
    'Error inside ProxyWorker POST http://x/s/[token]/v360/1/1.m4s',
  ],
  ['GET http://x/s/0123456789abcdefSEALED_-x/v360/1/1.m4s', 'GET http://x/s/0123456789abcdef[token]/v360/1/1.m4s'],
  [`${LINK} and ${LINK}`, '[token] and [token]'],
  [LINK.replace(/[^.]*$/, ''), '[token]'],
  ['ready http://localhost:8787', 'ready http://localhost:8787'],
  ['eyJ is how they begin', 'eyJ is how they begin'],
])('%s', (line, expected) => {
  expect(withoutTokens(line)).toBe(expected);
});

test('of what another program writes each line is shown by itself, without what moves a cursor', () => {
  expect(shownLines(`no\x1b[2J ${LINK}\r\nready http://evil\x9b2J`)).toEqual([
    'no [2J [token]',
    'ready http://evil 2J',
  ]);
});
