/** What is checked of every call of the control API before its own code runs: token, body, size. */
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { app } from '../../../src/app.ts';
import { call, createAsset, ORIGIN, problemOf } from './client.ts';

const MEBIBYTE = 1024 * 1024;

describe('a token', () => {
  const authorization = (value: string) => ({ token: null, headers: { authorization: value } });

  test.each([
    ['no token', { token: null }],
    ['a wrong one', { token: 'x'.repeat(43) }],
    ['the right one with a letter more', { token: `${env.API_TOKEN}x` }],
    ['the right one with a letter less', { token: env.API_TOKEN.slice(0, -1) }],
    ['the encoders’ one', { token: env.ENCODER_TOKEN }],
    ['an empty one', authorization('Bearer ')],
    ['another scheme', authorization(`Basic ${env.API_TOKEN}`)],
    ['no scheme', authorization(env.API_TOKEN)],
    ['two tokens', authorization(`Bearer ${env.API_TOKEN} ${env.API_TOKEN}`)],
    ['no end', authorization(`Bearer ${'x'.repeat(5000)}`)],
  ])('is needed: %s is refused', async (_, options) => {
    const answer = await call('GET', '/v1/assets', options);
    expect(problemOf(answer)).toEqual([401, 'unauthorized']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sluice"');
  });

  test('may be announced in any case', async () => {
    expect((await call('GET', '/v1/assets', authorization(`bearer ${env.API_TOKEN}`))).status).toBe(200);
  });

  test.each([
    ['POST', '/v1/assets'],
    ['GET', '/v1/assets/film'],
    ['PATCH', '/v1/assets/film'],
    ['DELETE', '/v1/assets/film'],
    ['POST', '/v1/assets/film/links'],
    ['GET', '/v1/jobs'],
    ['GET', '/v1/jobs/job'],
    ['POST', '/v1/jobs/job/cancel'],
    ['POST', '/v1/jobs/job/retry'],
    ['GET', '/v1/signing-keys'],
    ['POST', '/v1/signing-keys'],
    ['DELETE', '/v1/signing-keys/kid'],
    ['POST', '/v1/encoders/lease'],
    ['POST', '/v1/tasks/task/heartbeat'],
    ['POST', '/v1/tasks/task/complete'],
    ['POST', '/v1/tasks/task/fail'],
  ])('is needed for %s %s', async (method, path) => {
    expect(problemOf(await call(method, path, { token: null }))).toEqual([401, 'unauthorized']);
  });

  test('of encoders is not the apps’, and the other way round', async () => {
    const json = { encoder: { id: 'enc', version: '1', cores: 1, memoryBytes: 1 } };
    expect(problemOf(await call('POST', '/v1/encoders/lease', { json }))).toEqual([401, 'unauthorized']);
    expect((await call('POST', '/v1/encoders/lease', { json, token: env.ENCODER_TOKEN })).status).toBe(204);
  });
});

describe('a body', () => {
  const post = (body: BodyInit, type = 'application/json') =>
    call('POST', '/v1/assets', { body, headers: { 'content-type': type } });

  test.each(['{', '', 'undefined', '{"a":}', "{'a':1}", '\u0000', '{}{}'])('of %j is not JSON', async (body) => {
    expect(problemOf(await post(body))).toEqual([400, 'invalid_json']);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonx', 'json'])(
    'of type %s is not taken',
    async (type) => {
      expect(problemOf(await post('{"source":{}}', type))).toEqual([415, 'unsupported_media_type']);
    },
  );

  test('of another type does not pass for an empty one', async () => {
    const { id } = await createAsset('typed', { title: 'Before' });
    const text = { body: '{"title":"After"}', headers: { 'content-type': 'text/plain' } };
    expect((await call('PATCH', `/v1/assets/${id}`, text)).status).toBeGreaterThanOrEqual(400);
    expect((await call('POST', '/v1/signing-keys', text)).status).toBeGreaterThanOrEqual(400);
    expect((await call('GET', `/v1/assets/${id}`)).body).toMatchObject({ title: 'Before' });
    expect((await call('GET', '/v1/signing-keys')).body).toEqual({ keys: [] });
  });

  test('may name its character set', async () => {
    expect(problemOf(await post('{}', 'application/json; charset=utf-8'))).toEqual([400, 'invalid_request']);
  });

  test('is at most a mebibyte', async () => {
    const padded = (size: number) => `{"a":"${'x'.repeat(size - 8)}"}`;
    expect(problemOf(await post(padded(MEBIBYTE)))).toEqual([400, 'invalid_request']);
    expect(problemOf(await post(padded(MEBIBYTE + 1)))).toEqual([413, 'body_too_large']);
  });

  describe('of JSON', () => {
    const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

    test.each([
      [64, [400, 'invalid_request']],
      [65, [400, 'invalid_json']],
      [200_000, [400, 'invalid_json']],
    ])('has at most 64 levels: %s', async (levels, refusal) => {
      expect(problemOf(await post(lists(levels)))).toEqual(refusal);
    });

    test('may have as many brackets in its strings, and beside each other, as it likes', async () => {
      const text = JSON.stringify({ source: {}, title: `\\"${'[{'.repeat(1_000)}`, list: Array(1_000).fill([]) });
      expect(problemOf(await post(text))).toEqual([400, 'invalid_request']);
    });

    test('deeper than a call of an object can be is no fault of the service', async () => {
      // What a task has made may be anything; 5,000 levels overflow the stack of the call.
      const report = `{"lease":"lease","result":${lists(5_000)}}`;
      const headers = { 'content-type': 'application/json' };
      const answer = await call('POST', '/v1/tasks/task/complete', { body: report, headers, token: env.ENCODER_TOKEN });
      expect(problemOf(answer)).toEqual([400, 'invalid_json']);
    });
  });

  test('without a stated length is at most a mebibyte', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(64 * 1024));
    let left = 17;
    const endless = new ReadableStream({
      pull(controller) {
        left -= 1;
        if (left < 0) {
          controller.close();
        } else {
          controller.enqueue(chunk);
        }
      },
    });
    expect(problemOf(await post(endless))).toEqual([413, 'body_too_large']);
  });
});

describe('a body without a stated length that its client breaks off', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test.each([
    ['/v1/beacon', null],
    ['/v1/assets', env.API_TOKEN],
    ['/v1/encoders/lease', env.ENCODER_TOKEN],
    ['/v1/webhooks/none/test', env.API_TOKEN],
  ])('to %s is the client’s mistake, and no fault in the log', async (path, token) => {
    const logged = vi.spyOn(console, 'error');
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"session":')),
      pull: (controller) => controller.error(new Error('Network connection lost.')),
    });
    const headers = {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await app.request(`${ORIGIN}${path}`, { method: 'POST', body, headers }, env);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'request_aborted' }),
    ]);
    expect(logged).not.toHaveBeenCalled();
  });
});

describe('an error', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/nope'],
    ['POST', '/v1/nope'],
    ['OPTIONS', '/v1/nope'],
    ['GET', '/v2/assets'],
    ['POST', '/nope'],
  ])('at an address that does not exist: %s %s', async (method, path) => {
    expect(problemOf(await call(method, path))).toEqual([404, 'not_found']);
  });

  test.each([
    ['POST', '/healthz', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/metrics', 'GET, HEAD, OPTIONS'],
    ['POST', '/watch/link', 'GET, HEAD, OPTIONS'],
    ['PUT', '/stats/asset', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/v1/openapi.json', 'GET, HEAD, OPTIONS'],
    ['GET', '/v1/beacon', 'OPTIONS, POST'],
    ['PUT', '/v/link/main.m3u8', 'GET, HEAD, OPTIONS'],
    ['POST', '/.well-known/jwks.json', 'GET, HEAD, OPTIONS'],
  ])('at an address that is asked otherwise: %s %s', async (method, path, allow) => {
    const answer = await call(method, path, { token: null });
    expect(problemOf(answer)).toEqual([405, 'method_not_allowed']);
    expect(answer.headers.get('allow')).toBe(allow);
  });
});
