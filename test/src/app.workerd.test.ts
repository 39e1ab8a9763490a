/** The one place that makes errors into responses, with bindings that break: nothing from below may reach a caller. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { ask, play, putPlayable } from './control/links/fixture.ts';
import { call, ORIGIN } from './http/client.ts';

const SECRET = 'D1_ERROR: no such table: secret_table at 10.1.2.3';

/** A database whose every use fails with a telling message. */
const brokenDatabase = new Proxy({} as D1Database, {
  get: () => () => {
    throw new Error(SECRET);
  },
});

const authorization = `Bearer ${env.API_TOKEN}`;
const request = (path: string, bindings: object) =>
  app.request(`${ORIGIN}${path}`, { headers: { authorization } }, { ...env, ...bindings });

describe('a fault of ours', () => {
  let logged: string[] = [];

  beforeEach(() => {
    logged = [];
    vi.spyOn(console, 'error').mockImplementation((...parts: unknown[]) => void logged.push(parts.join(' ')));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('tells the caller nothing, and the log everything', async () => {
    const response = await request('/v1/assets', { CATALOG: brokenDatabase });
    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      code: 'internal',
    });
    expect(logged.join('\n')).toContain(SECRET);
  });

  test('is logged without the token and without the path', async () => {
    await request('/v1/assets/film-with-a-name', { CATALOG: brokenDatabase });
    expect(logged).toHaveLength(1);
    expect(logged.join('\n')).not.toContain(env.API_TOKEN);
    expect(logged.join('\n')).not.toContain('film-with-a-name');
  });

  test.each(['API_TOKEN', 'ENCODER_TOKEN', 'SESSION_SECRET', 'LINK_SIGNING_KEY'])(
    'without %s nothing is served, and the log names it',
    async (name) => {
      const response = await request('/v1/assets', { [name]: undefined });
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({ code: 'misconfigured' });
      expect(logged.join('\n')).toContain(name);
    },
  );

  test.each([
    ['COLLECTION', 'off', 'GC'],
    ['COLLECTION_GRACE_HOURS', '48', 'GC_GRACE_HOURS'],
  ])(
    'with the setting %s of an earlier release nothing is served, and the log says what it is called now',
    async (name, value, now) => {
      const response = await request('/v1/assets', { [name]: value });
      expect(await response.json()).toMatchObject({ code: 'misconfigured' });
      expect(logged.join('\n')).toContain(`${name}: is called ${now} now`);
    },
  );

  test('a secret that is too short is no secret, and is not logged', async () => {
    const response = await request('/v1/assets', { API_TOKEN: 'hunter2' });
    expect(await response.json()).toMatchObject({ code: 'misconfigured' });
    expect(logged.join('\n')).not.toContain('hunter2');
  });

  test('an empty token does not open the door', async () => {
    const headers = { authorization: 'Bearer ' };
    const response = await app.request(`${ORIGIN}/v1/assets`, { headers }, { ...env, API_TOKEN: '' });
    expect(response.status).toBeGreaterThanOrEqual(400);
  });
});

describe('a request id', () => {
  test('comes with every answer, and pages may read it', async () => {
    await putPlayable('traced', { policy: 'public' });
    const base = await play('traced');
    const paths = ['/v/traced/main.m3u8', `${base}v360.m3u8`, `${base}v360/init.mp4`, `${base}v360/1/1.m4s`];
    const refusals = ['/v/traced/none', '/v/none/main.m3u8', '/s/none/v360/1/1.m4s'];
    const others = ['/healthz', '/v1/assets', '/v1/nope', '/nope', '/watch/traced', '/.well-known/jwks.json'];
    for (const path of [...paths, ...refusals, ...others]) {
      // Once cold, once from memory.
      for (const _ of [1, 2]) {
        const { headers } = await ask('GET', path);
        expect([path, headers.get('x-request-id')]).toEqual([path, expect.stringMatching(/^[\w-]{10,}$/)]);
        if (/^\/[vs]\//.test(path)) {
          expect(headers.get('access-control-expose-headers')).toContain('X-Request-Id');
        }
      }
    }
    const beacon = await ask('POST', '/v1/beacon', { json: {}, headers: { origin: 'https://page.example' } });
    expect(beacon.headers.get('access-control-expose-headers')).toContain('X-Request-Id');
  });
});

describe('/healthz', () => {
  test('says yes, to everyone, unstored', async () => {
    const { status, headers, body } = await call('GET', '/healthz', { token: null });
    expect([status, body]).toEqual([200, { status: 'ok' }]);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('says no where a secret is missing, and not which', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const response = await app.request(`${ORIGIN}/healthz`, {}, { ...env, SESSION_SECRET: undefined });
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('SESSION_SECRET');
    vi.restoreAllMocks();
  });

  test('does not ask the database', async () => {
    expect((await request('/healthz', { CATALOG: brokenDatabase })).status).toBe(200);
  });
});

describe('/readyz', () => {
  beforeEach(() => {
    vi.spyOn(console, 'error').mockReturnValue();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  /** As in an isolate of its own. */
  const ready = async (bindings: object) => {
    const response = await app.request(`${ORIGIN}/readyz`, {}, bindings);
    const { checks } = (await response.json()) as { checks?: unknown };
    return [response.status, checks];
  };

  test('says yes where every store answers, to everyone, unstored', async () => {
    const { status, headers, body } = await call('GET', '/readyz', { token: null });
    expect([status, body]).toEqual([200, { status: 'ok', checks: { catalog: 'ok', bucket: 'ok', board: 'ok' } }]);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    ['catalog', { CATALOG: brokenDatabase }],
    ['bucket', { MEDIA: { head: () => new Promise(() => {}) } }],
    ['board', { TASK_BOARD: { idFromName: () => 'id', get: () => ({ ping: () => Promise.reject(new Error()) }) } }],
  ])('says no where the %s fails or hangs, and which, and nothing else', async (name, bindings) => {
    const checks = { catalog: 'ok', bucket: 'ok', board: 'ok', [name]: 'failed' };
    expect(await ready({ ...env, ...bindings })).toEqual([503, checks]);
  });

  test('asks a store once, however many ask at once and within a second', async () => {
    let asked = 0;
    const answers: (() => void)[] = [];
    const MEDIA = {
      head: () => {
        asked += 1;
        return new Promise<void>((resolve) => answers.push(resolve));
      },
    };
    const bindings = { ...env, MEDIA };
    const first = ready(bindings);
    // Nothing is known yet, and nobody else asks.
    expect(await Promise.all([ready(bindings), ready(bindings)])).toEqual([
      [503, null],
      [503, null],
    ]);
    answers[0]?.();
    expect((await first)[0]).toBe(200);
    expect(await ready(bindings)).toEqual(await first);
    expect(asked).toBe(1);
  });
});
