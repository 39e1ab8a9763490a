/**
 * What no player sends, against the whole Worker. Whatever it is, a refusal has a code, may not be stored and can be read
 * by a page; nothing is a fault of ours; and no log line holds a piece of a token or of the address it came in.
 */
import { env } from 'cloudflare:workers';
import { base64url, importJWK, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { signLink } from '../../../src/access/link-signing.ts';
import { encode } from '../access/keys.ts';
import { ask, play, putPlayable } from '../control/links/fixture.ts';
import { problemOf } from '../http/client.ts';
import { SEGMENT_BYTES, sessionJwt } from './fixture.ts';

const ASSET = 'hostile1';
const CLAIMS = { i: 'old', a: ASSET, v: 'ver1', r: 1, exp: 4_000_000_000 };
const LINK_SIGNING_KEY = JSON.parse(env.LINK_SIGNING_KEY);
const newLink = (options: object = {}): Promise<string> =>
  signLink({ LINK_SIGNING_KEY }, { assetId: ASSET, expiresInSeconds: 3600, now: new Date(), ...options });

let link: string;
/** `/s/{session}/` */
let base: string;
let session: string;
/** A session of an earlier version. */
let jwt: string;
let logged: string[];

beforeAll(async () => {
  await putPlayable(ASSET);
  await putPlayable('hostile2');
  await env.MEDIA.put(`assets/${ASSET}/ver1/images/poster.jpg`, 'a picture');
  link = await newLink();
  base = await play(link);
  session = base.slice(3, -1);
  jwt = await sessionJwt(CLAIMS, env.SESSION_SECRET);
});

beforeEach(() => {
  logged = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation(
      (...parts: unknown[]) => void logged.push(parts.map(String).join(' ')),
    );
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  const [, linkPayload = '', linkSignature = ''] = link.split('.');
  const [, jwtPayload = '', jwtSignature = ''] = jwt.split('.');
  for (const secret of [linkPayload, linkSignature, jwtPayload, jwtSignature, session.slice(16), '/v/', '/s/']) {
    expect(logged.filter((line) => line.includes(secret.slice(0, 40)))).toEqual([]);
  }
});

/** `status code` of a refusal that a page may read and nobody may store. */
async function refused(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<string> {
  const answer = await ask(method, path, { headers });
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(JSON.stringify(answer.body).length).toBeLessThan(1000);
  return problemOf(answer).join(' ');
}

describe('in the place of a link', () => {
  const DOORS = ['main.m3u8', 'manifest.mpd', 'images/poster.jpg', 'views'];

  test.each<[string, () => string, string]>([
    ['a session', () => session, '400 link_malformed'],
    ['a session of an earlier version', () => jwt, '403 link_algorithm'],
    ['a link and a dot', () => `${link}.`, '400 link_malformed'],
    ['a dot and a link', () => `.${link}`, '400 link_malformed'],
    ['a link and a blank', () => `${link}%20`, '400 link_malformed'],
    ['a link and a NUL', () => `${link}%00`, '400 link_malformed'],
    ['a link and a line end', () => `${link}%0d%0aX-Evil:1`, '400 link_malformed'],
    ['a link and padding', () => `${link}=`, '400 link_malformed'],
    ['a link whose dots are escaped twice', () => link.replaceAll('.', '%252e'), '400 link_malformed'],
    ['five parts', () => `${link}.AAAA.AAAA`, '400 link_malformed'],
    ['a broken escape', () => `${link}%zz`, '400 link_malformed'],
    ['an overlong escape', () => '%c0%ae%c0%ae.a.b', '400 link_malformed'],
    ['no UTF-8', () => '%ff%fe', '400 link_malformed'],
    ['an escaped step up', () => '..%2f..%2fedge%2fkeys.json', '400 link_malformed'],
    ['dots', () => '.'.repeat(40_000), '400 link_malformed'],
    ['60 KB of escapes', () => '%'.repeat(60_000), '400 link_malformed'],
    ['100 KB', () => `${'a'.repeat(100_000)}.b.c`, '400 link_malformed'],
    ['a name of every object', () => '__proto__', '400 link_malformed'],
    ['a name that an asset may have', () => 'constructor', '404 asset_not_found'],
    ['an asset that takes links only', () => ASSET, '403 link_required'],
    ['alg none', () => `${encode({ alg: 'none' })}.${encode({ sub: ASSET, exp: 9e9 })}.`, '403 link_algorithm'],
    ['a deep header', () => `${base64url.encode('['.repeat(5000))}.e30.AAAA`, '400 link_malformed'],
  ])('%s is refused alike at every door', async (_, text, expected) => {
    for (const door of DOORS) {
      expect([door, await refused(`/v/${text()}/${door}`)]).toEqual([door, expected]);
    }
  });

  test('a link is refused and logged by its code alone', async () => {
    const tampered = `${link.slice(0, -8)}AAAAAAAA`;
    expect(await refused(`/v/${tampered}/main.m3u8`)).toBe('403 link_signature');
    expect(logged).toHaveLength(1);
    expect(Object.keys(JSON.parse(logged[0] ?? ''))).toEqual(['event', 'requestId', 'code']);
  });
});

describe('in the place of a session', () => {
  const hmac = (payload: object, secret: string) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
  const respelt = (header: object, payload: object) =>
    `${encode(header)}.${encode(payload)}.${jwt.split('.')[2] ?? ''}`;

  test.each<[string, () => string | Promise<string>, string]>([
    ['a link', () => link, '403 session_signature'],
    ["another asset's id", () => respelt({ alg: 'HS256' }, { ...CLAIMS, a: 'hostile2' }), '403 session_signature'],
    [
      'the same, signed with another secret',
      () => hmac({ ...CLAIMS, a: 'hostile2' }, 'n'.repeat(32)),
      '403 session_signature',
    ],
    [
      'signed with the public key of links',
      () => hmac(CLAIMS, JSON.stringify(LINK_SIGNING_KEY.x)),
      '403 session_signature',
    ],
    [
      'signed with the private key of links',
      async () =>
        new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256' }).sign(await importJWK(LINK_SIGNING_KEY, 'ES256')),
      '403 session_signature',
    ],
    ['alg none', () => respelt({ alg: 'none' }, CLAIMS), '403 session_signature'],
    ['alg HS512', () => respelt({ alg: 'HS512' }, CLAIMS), '403 session_signature'],
    ['crit', () => respelt({ alg: 'HS256', crit: ['x'] }, CLAIMS), '403 session_signature'],
    ['a JWT without a signature', () => `${jwt.slice(0, jwt.lastIndexOf('.'))}.`, '400 session_malformed'],
    ['escaped dots', () => jwt.replaceAll('.', '%2e'), '400 session_malformed'],
    ['a dot more', () => `${session}.`, '400 session_malformed'],
    ['padding', () => `${session}=`, '400 session_malformed'],
    ['an escaped letter', () => `%${session.charCodeAt(0).toString(16)}${session.slice(1)}`, '400 session_malformed'],
    ["another session's id", () => `0000000000000000${session.slice(16)}`, '403 session_signature'],
    ['an id alone', () => session.slice(0, 16), '400 session_malformed'],
    ['an id and no seal', () => `${session.slice(0, 16)}AAAA`, '403 session_signature'],
    ['two tokens', () => session + session, '403 session_signature'],
    ['100 KB', () => `${'a'.repeat(100_000)}.b.c`, '400 session_malformed'],
  ])('%s is refused', async (_, make, expected) => {
    const text = await make();
    for (const path of ['v360/1/1.m4s', 'v360/init.mp4', 'v360.m3u8', 'images/poster.jpg', 'nothing']) {
      expect([path, await refused(`/s/${text}/${path}`)]).toEqual([path, expected]);
    }
  });
});

describe('below a session', () => {
  test.each([
    '../hostile2/ver1/v360/init.mp4',
    '../../hostile2/ver1/v360/init.mp4',
    '..%2f..%2fhostile2%2fver1%2fv360%2finit.mp4',
    '..%5c..%5chostile2%5cver1%5cv360%5cinit.mp4',
    '..\\..\\hostile2\\ver1\\v360\\init.mp4',
    '%2E%2E/%2E%2E/hostile2/ver1/v360/init.mp4',
    'hostile2/ver1/v360/init.mp4',
    '/v360/init.mp4',
    'v360//init.mp4',
    'v360/init.mp4%00',
    'v360/init.mp4%20',
    'v360/init.mp4%0d%0aX-Evil:1',
    'v360/init.mp4;x=1',
    '%76360/init.mp4',
    'V360/init.mp4',
    'v999/init.mp4',
    'v999.m3u8',
    'v360/1/00001.m4s',
    'v360/1/1e9.m4s',
    'v360/1/2147483648.m4s',
    'v360/1/4294967297.m4s',
    'v360/1/99999999999999999999.m4s',
    'v360/1/-1.m4s',
    'v360/,/1.m4s',
    'v360/1,/1.m4s',
    'v360/1,9.2,5.1/1.m4s',
    'v360/1,5.2,5.1/1.m4s',
    'v360/1,5.1/1.m4s',
    'images/..%2f..%2fcurrent.json',
    'images/__proto__.jpg',
    'constructor.m3u8',
    '__proto__/init.mp4',
    '%c0%ae%c0%ae/current.json',
    '%ff.m3u8',
    'é.m3u8',
    '/'.repeat(50_000),
    'a'.repeat(60_000),
    `v360/1${Array.from({ length: 6000 }, (_, index) => `,${index + 2}.${(index % 2) + 1}`).join('')}/1.m4s`,
  ])('nothing at %.60j', async (path) => {
    const answer = await ask('GET', base + path);
    expect(problemOf(answer).join(' ')).toMatch(/^(404 not_found|400 session_malformed)$/);
  });

  test('a track that the link does not allow, by whatever name of it', async () => {
    const limited = await play(await newLink({ maxHeight: 360 }));
    for (const path of ['v720.m3u8', 'v720/iframes.m3u8', 'v720/init.mp4', 'v720/1/1.m4s', 'v720/1,3.2/3.m4s']) {
      expect([path, await refused(limited + path)]).toEqual([path, '403 session_track']);
    }
    expect((await ask('GET', `${limited}v360/init.mp4`)).status).toBe(200);
  });
});

describe('headers', () => {
  const tags = (text: string): string => text.repeat(Math.ceil(100_000 / text.length));

  test.each<[Record<string, string>, number]>([
    [{ range: 'bytes=0-0, bytes=1-1' }, 200],
    [{ range: `bytes=${'0-0,'.repeat(10_000)}1-1` }, 200],
    [{ range: `bytes=${'9'.repeat(30_000)}-` }, 200],
    [{ range: 'bytes=0-99999999999999999999' }, 200],
    [{ range: 'bytes=0-0' }, 206],
    [{ range: 'bytes=-0' }, 416],
    [{ 'if-none-match': tags('"a",') }, 200],
    [{ 'if-none-match': tags('"') }, 200],
    [{ 'if-none-match': `"a"${' '.repeat(100_000)}b` }, 200],
    [{ 'if-none-match': `${tags('"a",')}*` }, 200],
    [{ 'if-match': tags('W/"a",') }, 412],
    [{ 'if-match': 'x'.repeat(100_000) }, 412],
    [{ 'if-range': tags('"a",'), range: 'bytes=0-0' }, 200],
    [{ 'if-range': 'Wed, 21 Oct 2099 07:28:00 GMT', range: 'bytes=0-0' }, 200],
    [{ 'accept-encoding': tags('gzip;q=0;') }, 200],
    [{ 'x-http-method-override': 'DELETE', 'x-forwarded-host': 'evil.example' }, 200],
    [{ 'x-request-id': '<script>' }, 200],
  ])('%.80j', async (headers, status) => {
    const answer = await ask('GET', `${base}v360/1/1.m4s`, { headers });
    expect(answer.status).toBe(status);
    if (status === 200) {
      expect(answer.headers.get('content-length')).toBe(String(SEGMENT_BYTES));
      expect(answer.headers.get('content-range')).toBeNull();
    }
    if (status >= 400) {
      problemOf(answer);
    }
  });

  test.each<[Record<string, string>, boolean]>([
    [{ origin: 'https://app.example' }, true],
    [{ referer: 'https://app.example/page?x' }, true],
    [{ referer: 'HTTPS://APP.EXAMPLE:443/' }, true],
    [{}, false],
    [{ origin: 'null' }, false],
    [{ origin: 'null', referer: 'https://app.example/' }, false],
    [{ origin: 'https://evil.example', referer: 'https://app.example/' }, false],
    [{ origin: 'https://app.example, https://evil.example' }, false],
    [{ origin: 'https://APP.example' }, true],
    [{ origin: 'https://app.example.' }, true],
    [{ origin: 'https://app.example:443' }, true],
    [{ origin: 'http://app.example' }, false],
    [{ origin: 'https://app.example@evil.example' }, false],
    [{ referer: 'https://app.example@evil.example/' }, false],
    [{ referer: 'https://evil.example/https://app.example/' }, false],
    [{ referer: 'https://app.example.evil.example/' }, false],
    [{ referer: '//app.example/' }, false],
    [{ referer: 'x'.repeat(50_000) }, false],
    [{ 'sec-fetch-site': 'same-origin' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
  ])('a page of one origin only: %.80j', async (headers, isLetIn) => {
    const path = `/v/${await newLink({ rules: { origins: { allow: ['https://app.example'] } } })}/main.m3u8`;
    if (isLetIn) {
      expect((await ask('GET', path, { headers })).status).toBe(200);
    } else {
      expect(await refused(path, headers)).toBe('403 rule_origin');
    }
  });

  test.each<[Record<string, string>, boolean]>([
    [{ 'cf-connecting-ip': '203.0.113.9' }, true],
    [{ 'cf-connecting-ip': '::ffff:203.0.113.9' }, true],
    [{ 'cf-connecting-ip': '203.0.113.9, 198.51.100.1' }, false],
    [{ 'cf-connecting-ip': '203.0.113.9%eth0' }, false],
    [{ 'cf-connecting-ip': '0313.0.113.9' }, false],
    [{ 'x-forwarded-for': '203.0.113.9' }, false],
    [{ 'x-real-ip': '203.0.113.9', 'true-client-ip': '203.0.113.9', forwarded: 'for=203.0.113.9' }, false],
  ])("an address is Cloudflare's word: %j", async (headers, isLetIn) => {
    const path = `/v/${await newLink({ rules: { ips: { allow: ['203.0.113.0/24'] } } })}/main.m3u8`;
    if (isLetIn) {
      expect((await ask('GET', path, { headers })).status).toBe(200);
    } else {
      expect(await refused(path, headers)).toBe('403 rule_ip');
    }
  });

  test("a country is Cloudflare's word, not a header's", async () => {
    const path = `/v/${await newLink({ rules: { countries: { allow: ['HR'] } } })}/main.m3u8`;
    expect(await refused(path, { 'cf-ipcountry': 'HR', 'x-country': 'HR' })).toBe('403 rule_country');
  });
});

describe('methods', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'MKCOL', 'COPY', 'LOCK', 'PURGE'])('%s', async (method) => {
    for (const path of [`${base}v360/1/1.m4s`, `/v/${link}/main.m3u8`, '/s/x/y', '/v/x/main.m3u8', '/v/', '/s']) {
      expect([path, await refused(path, {}, method)]).toEqual([path, '405 method_not_allowed']);
    }
  });

  test('a preflight tells nobody whether a token is good', async () => {
    const [good, bad] = await Promise.all([ask('OPTIONS', `${base}v360.m3u8`), ask('OPTIONS', '/s/a.b.c/v360.m3u8')]);
    const headersOf = ({ headers }: typeof good) =>
      [...headers].filter(([name]) => !/^(date|x-request-id)$/.test(name));
    expect([good.status, headersOf(good)]).toEqual([bad.status, headersOf(bad)]);
  });

  test.each([
    ['Cast', 'content-type, accept-encoding, range'],
    ['CMCD in headers', 'cmcd-object, cmcd-request, cmcd-session, cmcd-status'],
    ['conditional requests', 'if-match, if-none-match, if-range'],
  ])('a preflight allows what %s asks for, and is kept', async (_, asked) => {
    const preflight = {
      origin: 'https://app.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': asked,
    };
    const { status, headers } = await ask('OPTIONS', `${base}v360/1/1.m4s`, { headers: preflight });
    const allowed = (headers.get('access-control-allow-headers') ?? '').toLowerCase().split(', ');
    expect(status).toBe(204);
    expect(asked.split(', ').filter((name) => !allowed.includes(name))).toEqual([]);
    expect(Number(headers.get('access-control-max-age'))).toBeGreaterThanOrEqual(3_600);
  });
});
