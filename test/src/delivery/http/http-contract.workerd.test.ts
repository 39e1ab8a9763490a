/**
 * HTTP as RFC 9110 and 9111 have it, of every kind of answer that delivery gives: kinds × methods × headers, one set of
 * invariants.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Answer, GZIP, type HeaderRecord, KINDS, Player, type Row } from './http-kinds.ts';

let player: Player;

beforeAll(async () => {
  player = await Player.start('contract');
});

const IMF_FIXDATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const STRONG_TAG = /^"[\x21\x23-\x7e]+"$/;
/** What two answers to the same question need not have in common. */
const EACH = { date: expect.any(String), 'x-request-id': expect.any(String) };
const CONTENT = ['content-length', 'content-type', 'content-encoding', 'content-range'];

/** What holds of every answer of this kind, whatever was asked. Throws where it does not. */
function check({ type, stored, coded, tiered }: Row, { status, headers, body }: Answer, method: string): void {
  expect(headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': expect.stringMatching(/Server-Timing.*X-Request-Id/),
    'cross-origin-resource-policy': 'cross-origin',
    'timing-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    date: expect.stringMatching(IMF_FIXDATE),
    'x-request-id': expect.stringMatching(/^[\w-]+$/),
  });
  for (const token of Object.values(player.tokens)) {
    expect(JSON.stringify(headers)).not.toContain(token);
  }
  expect(headers['content-length']).toEqual(
    status === 304 ? undefined : method === 'HEAD' ? expect.stringMatching(/^[1-9]\d*$/) : String(body.byteLength),
  );
  if (method === 'HEAD' || status === 304) {
    expect(body.byteLength).toBe(0);
  }
  if (coded) {
    expect(headers['vary']).toBe('Accept-Encoding');
  } else {
    expect(headers['content-encoding']).toBeUndefined();
  }
  if (status >= 400) {
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
    expect([headers['etag'], headers['content-encoding']]).toEqual([undefined, undefined]);
    expect(headers['content-range']).toEqual(status === 416 ? expect.stringMatching(/^bytes \*\/\d+$/) : undefined);
    return;
  }
  expect(headers['cache-control']?.includes('no-store')).toBe(!stored);
  expect(headers['etag']).toEqual(stored ? expect.stringMatching(STRONG_TAG) : undefined);
  expect(headers['server-timing']).toBe(tiered ? 'tier;desc=memory' : undefined);
  if (status === 304) {
    expect(CONTENT.filter((name) => name in headers)).toEqual([]);
    return;
  }
  expect(headers).toMatchObject({ 'content-type': type, 'accept-ranges': stored ? 'bytes' : 'none' });
  expect('content-range' in headers).toBe(status === 206);
  if (status === 206) {
    const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
    expect(Number(last) - Number(first) + 1).toBe(Number(headers['content-length']));
    expect(Number(last)).toBeLessThan(Number(size));
  }
}

/** `{tag}` is that of the form asked for. What follows is the status for stored kinds, and for what has no tag. */
const SITUATIONS: [HeaderRecord, number, number][] = [
  [{}, 200, 200],
  [{ range: 'bytes=0-' }, 206, 200],
  [{ range: 'bytes=3-9' }, 206, 200],
  [{ range: 'bytes=-5' }, 206, 200],
  [{ range: 'bytes=0-1,4-5' }, 200, 200],
  [{ range: 'bytes=9-1' }, 200, 200],
  [{ range: 'bytes=999999-' }, 416, 200],
  [{ 'if-range': '{tag}', range: 'bytes=3-9' }, 206, 200],
  [{ 'if-range': '{tag}', range: 'bytes=999999-' }, 416, 200],
  [{ 'if-range': 'W/{tag}', range: 'bytes=3-9' }, 200, 200],
  [{ 'if-range': '"x"', range: 'bytes=3-9' }, 200, 200],
  [{ 'if-range': 'Fri, 20 Nov 2026 12:00:00 GMT', range: 'bytes=999999-' }, 200, 200],
  [{ 'if-none-match': '{tag}' }, 304, 200],
  [{ 'if-none-match': 'W/{tag}' }, 304, 200],
  [{ 'if-none-match': '"x", W/{tag}' }, 304, 200],
  [{ 'if-none-match': '{tag}', range: 'bytes=999999-' }, 304, 200],
  [{ 'if-none-match': '*' }, 304, 304],
  [{ 'if-none-match': '"x"' }, 200, 200],
  [{ 'if-match': '{tag}' }, 200, 412],
  [{ 'if-match': '{tag}', range: 'bytes=3-9' }, 206, 412],
  [{ 'if-match': '*' }, 200, 200],
  [{ 'if-match': 'W/{tag}' }, 412, 412],
  [{ 'if-match': '"x"', 'if-none-match': '*' }, 412, 412],
  [{ 'if-modified-since': 'Fri, 20 Nov 2026 12:00:00 GMT' }, 200, 200],
];

/** Status of a gzip form: a range of it needs If-Range. */
const codedStatus = (headers: HeaderRecord, status: number): number =>
  !('if-range' in headers) && (status === 206 || status === 416) ? 200 : status;

const FORMS = KINDS.flatMap(([name, row]): [string, Row, HeaderRecord][] => [
  [name, row, {}],
  [`${name} for whoever takes gzip`, row, GZIP],
]);

describe.each(FORMS)('%s', (_, row, form) => {
  test.each(SITUATIONS)('%j: %i, or %i without a tag', async (given, storedStatus, otherStatus) => {
    const tag = await player.etagOf(row.path, form);
    const headers = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, text.replace('{tag}', tag)]));
    const isGzip = row.coded && form === GZIP;
    const status = row.stored ? (isGzip ? codedStatus(given, storedStatus) : storedStatus) : otherStatus;
    const got = await player.ask(row.path, { ...headers, ...form });
    expect(got.status).toBe(status);
    check(row, got, 'GET');
    expect(got.headers['content-encoding']).toBe(isGzip && (status === 200 || status === 206) ? 'gzip' : undefined);
    // Range is for GET; in all else HEAD is what GET is (RFC 9110 9.3.2, 14.2).
    const { range: _range, ...others } = headers;
    const whole = await player.ask(row.path, { ...others, ...form });
    const head = await player.ask(row.path, { ...headers, ...form }, 'HEAD');
    check(row, head, 'HEAD');
    // gzip of another session's token may have another length.
    const varying = {
      ...EACH,
      ...(row.stored ? {} : { 'content-length': whole.headers['content-length'] && expect.any(String) }),
    };
    expect({ status: head.status, headers: head.headers }).toEqual({
      status: whole.status,
      headers: { ...whole.headers, ...varying },
    });
  });
});

describe('refusals', () => {
  const refusal: Row = { path: '', type: '', stored: false, coded: false, tiered: false };

  test.each([
    ['/v/{link}/nothing.m3u8', 404],
    ['/v/nosuchasset/main.m3u8', 404],
    ['/v/contract/main.m3u8', 403],
    ['/v/a.b/manifest.mpd', 400],
    ['/v/{link}/images/poster.jpg', 403],
    ['/s/x/v360.m3u8', 400],
    ['/s/{link}/v360.m3u8', 403],
    ['/s/{session}/v999.m3u8', 404],
    ['/s/{session}/v360/9/9.m4s', 404],
    ['/s/{session}/images/none.jpg', 404],
    ['/s/{session}/', 404],
  ])('%s: %i', async (path, status) => {
    for (const headers of [{}, GZIP, { range: 'bytes=0-1' }, { 'if-none-match': '*' }, { 'if-match': '"x"' }]) {
      const [got, head] = [await player.ask(path, headers), await player.ask(path, headers, 'HEAD')];
      expect([got.status, head.status]).toEqual([status, status]);
      check(refusal, got, 'GET');
      check(refusal, head, 'HEAD');
      expect(head.headers).toEqual({ ...got.headers, ...EACH });
    }
  });

  test.each(KINDS)('%s takes GET, HEAD and OPTIONS', async (_, { path }) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      const answer = await player.ask(path, { range: 'bytes=0-1', ...GZIP }, method);
      expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
      check(refusal, answer, method);
    }
    const { status, headers, body } = await player.ask(path, { origin: 'https://app.example' }, 'OPTIONS');
    expect([status, body.byteLength, headers['allow']]).toEqual([204, 0, 'GET, HEAD, OPTIONS']);
    expect(CONTENT.filter((name) => name in headers)).toEqual([]);
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*', date: expect.stringMatching(IMF_FIXDATE) });
  });
});
