/** Beacons of players behind other CDNs: through the app, into the real counters. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Session, SessionViews } from '../../../../src/access/sessions.ts';
import { BeaconCredits, MAX_BEACON_BYTES, numbersOf } from '../../../../src/analytics/collect/beacon.ts';
import { counterName } from '../../../../src/analytics/facts.ts';
import { app } from '../../../../src/app.ts';
import { isolateOf } from '../../../../src/delivery/isolate.ts';
import type { Env } from '../../../../src/env.ts';
import { putAssetRow } from '../../control/views/api-fixture.ts';
import { link, newEnv, ORIGIN, putAsset, startSession } from '../../delivery/fixture.ts';
import { MEASURE } from './visitors.ts';

/** An isolate of its own, with the real objects. */
const newWorker = (changed: Partial<Env> = {}): Env => ({ ...env, ...newEnv(), ...changed }) as unknown as Env;
const worker = newWorker();

const send = async (body: unknown, init: RequestInit = {}, target: Env = worker): Promise<Response> =>
  app.request(
    `${ORIGIN}/v1/beacon`,
    {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
      headers: { 'content-type': 'text/plain;charset=UTF-8', ...init.headers },
    },
    target,
  );

/** `204`, or status and code. */
async function outcomeOf(response: Response): Promise<string> {
  const text = await response.text();
  return text === '' ? String(response.status) : `${response.status} ${JSON.parse(text).code}`;
}

const live = (assetId: string) => env.VIEWS.get(env.VIEWS.idFromName(counterName(assetId, 0))).live();

async function newSession(assetId: string, options = {}, target: Env = worker): Promise<string> {
  return (await startSession(target, await link(assetId, options))).split('/')[2] ?? '';
}

const mint = (changed: Partial<Session> = {}, views: Partial<SessionViews> = {}) => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  return isolateOf(worker).sessions.mint({
    sessionId: 'minted'.padEnd(16, '0'),
    assetId: 'beaconed',
    version: 'ver1',
    revision: 1,
    expiresAtSeconds: nowSeconds + 3600,
    views: { main: 'video', measure: MEASURE, shard: 0, startedAtSeconds: nowSeconds, ...views },
    ...changed,
  });
};

const beacon = { sequence: 0, track: 'v360', segments: [[1, 2]] };

beforeAll(async () => {
  for (const assetId of ['beaconed', 'other', 'refused', 'downed']) {
    await putAsset(worker, assetId);
    await putAssetRow(assetId);
  }
});

test('is counted once, however often it is sent, in either type, and beside what is fetched', async () => {
  const session = await newSession('beaconed');
  for (const [sequence, type] of ['text/plain', 'application/json', 'text/plain;charset=UTF-8'].entries()) {
    const response = await send({ ...beacon, session, sequence }, { headers: { 'content-type': type } });
    expect(await outcomeOf(response)).toBe('204');
    // Durable by the time of the answer: nothing is waited for.
    expect(await live('beaconed')).toMatchObject({ views: 1, watchMs: 8008 });
  }
  await (await app.request(`${ORIGIN}/s/${session}/v720/1/2.m4s`, {}, worker)).arrayBuffer();
  expect(
    await outcomeOf(
      await send({
        ...beacon,
        session,
        sequence: 3,
        segments: [
          [2, 3],
          [1, 3],
        ],
      }),
    ),
  ).toBe('204');
  expect(await live('beaconed')).toMatchObject({ views: 1, watchMs: 9510 });
});

test('that comes again after its session was told of elsewhere changes nothing', async () => {
  const session = await newSession('other');
  const isolates = [newWorker(), newWorker()];
  for (const isolate of [...isolates, ...isolates]) {
    expect(await outcomeOf(await send({ ...beacon, session }, {}, isolate))).toBe('204');
  }
  expect(await live('other')).toMatchObject({ views: 1, watchMs: 8008 });
});

describe('is refused', () => {
  test('when it is forged, over, of another secret, revoked, or of what its session may not see', async () => {
    const session = await newSession('refused');
    const [header, , signature] = session.split('.');
    const [, otherPayload] = (await mint({ assetId: 'other' })).split('.');
    const nowSeconds = Math.floor(Date.now() / 1000);
    const foreign = await newSession('refused', {}, newWorker({ SESSION_SECRET: 'y'.repeat(32) } as never));
    const cases: [string, Record<string, unknown>][] = [
      ['400 session_malformed', { session: 'refused' }],
      ['400 session_malformed', { session: 'a.b' }],
      ['403 session_signature', { session: await link('refused') }],
      ['403 session_signature', { session: foreign }],
      ['403 session_signature', { session: `${header}.${otherPayload}.${signature}` }],
      [
        '403 session_expired',
        { session: await mint({ expiresAtSeconds: nowSeconds - 1 }, { startedAtSeconds: nowSeconds - 60 }) },
      ],
      ['404 asset_not_found', { session: await mint({ assetId: 'nothing' }) }],
      ['403 session_track', { session: await mint({ maxHeight: 360 }), track: 'v720' }],
      ['422 beacon_invalid', { session, track: 'a128-en' }],
      ['422 beacon_invalid', { session, segments: [[1, 4]] }],
      ['422 beacon_invalid', { session: await mint({ views: undefined }) }],
    ];
    for (const [expected, changed] of cases) {
      expect([changed, await outcomeOf(await send({ ...beacon, ...changed }))]).toEqual([changed, expected]);
    }
    const revocation = { kind: 'session', value: 'revoked'.padEnd(16, '0') };
    const init = { method: 'POST', body: JSON.stringify(revocation) };
    const headers = { authorization: `Bearer ${'x'.repeat(32)}`, 'content-type': 'application/json' };
    expect((await app.request(`${ORIGIN}/v1/revocations`, { ...init, headers }, worker)).status).toBe(200);
    const revoked = await mint({ assetId: 'refused', sessionId: 'revoked'.padEnd(16, '0') });
    expect(await outcomeOf(await send({ ...beacon, session: revoked }))).toBe('403 session_revoked');
    await env.MEDIA.put(
      'assets/refused/current.json',
      JSON.stringify({ version: 'ver1', revision: 1, policy: 'signed', disabled: true }),
    );
    expect(await outcomeOf(await send({ ...beacon, session }))).toBe('403 asset_disabled');
    expect(await live('refused')).toMatchObject({ views: 0, watchMs: 0 });
  });

  test('when it is no beacon', async () => {
    const session = await newSession('beaconed');
    const good = { ...beacon, session };
    const bodies: [string, unknown][] = [
      ['400 invalid_json', '{'],
      ['400 invalid_json', ''],
      ['400 invalid_request', 'null'],
      ['400 invalid_request', { ...good, sequence: -1 }],
      ['400 invalid_request', { ...good, sequence: 0.5 }],
      ['400 invalid_request', { ...good, sequence: undefined }],
      ['400 invalid_request', { ...good, segments: [] }],
      ['400 invalid_request', { ...good, segments: [[2, 1]] }],
      ['400 invalid_request', { ...good, segments: [[0, 1]] }],
      ['400 invalid_request', { ...good, segments: Array(257).fill([1, 1]) }],
      ['400 invalid_request', { ...good, track: '../x' }],
      ['400 invalid_request', { ...good, viewer: 'somebody' }],
      ['413 body_too_large', 'x'.repeat(MAX_BEACON_BYTES + 1)],
    ];
    for (const [expected, body] of bodies) {
      expect([body, await outcomeOf(await send(body))]).toEqual([body, expected]);
    }
    const asForm = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect(await outcomeOf(await send(good, asForm))).toBe('415 unsupported_media_type');
    const asBot = { headers: { 'user-agent': 'Googlebot/2.1' } };
    expect(await outcomeOf(await send(good, asBot))).toBe('422 beacon_invalid');
  });

  test('when it claims more than can have been watched, in one or in many', async () => {
    const session = await mint({ sessionId: 'hasty'.padEnd(16, '0') });
    const claim = (first: number, last: number) => send({ ...beacon, session, segments: [[first, last]] });
    // 30 segments of 4 s are the two minutes that a session may begin with.
    expect(await outcomeOf(await claim(1, 60))).toBe('422 beacon_implausible');
    expect(await outcomeOf(await claim(1, 15))).toBe('204');
    expect(await outcomeOf(await claim(16, 29))).toBe('204');
    expect(await outcomeOf(await claim(30, 60))).toBe('422 beacon_implausible');
    expect(await outcomeOf(await claim(1, 29))).toBe('204');
  });
});

test('is not acknowledged while the counter fails', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
  const VIEWS = { idFromName: () => '', get: () => ({ record: () => Promise.reject(new Error('down')) }) };
  const downed = newWorker({ VIEWS } as never);
  const response = await send({ ...beacon, session: await newSession('downed') }, {}, downed);
  expect(await outcomeOf(response)).toBe('503 unavailable');
  expect(warned).toHaveBeenCalledWith(expect.stringContaining('views_unrecorded'));
  expect(errors).toHaveBeenCalled();
  vi.restoreAllMocks();
});

describe('from a page of any site', () => {
  const origin = 'https://player.example';

  test('is allowed by the preflight, with whatever cookies there are', async () => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    const response = await app.request(`${ORIGIN}/v1/beacon`, { method: 'OPTIONS', headers }, worker);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    expect(response.headers.get('access-control-allow-headers')).toContain('Content-Type');
    expect(response.headers.get('vary')).toContain('Origin');
  });

  test('its refusal can be read', async () => {
    const response = await send({ ...beacon, session: 'x' }, { headers: { origin } });
    expect(response.status).toBe(400);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('nothing else of the API is opened by it', async () => {
    const response = await app.request(`${ORIGIN}/v1/assets`, { headers: { origin } }, worker);
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect((await app.request(`${ORIGIN}/v1/beacon`, { headers: { origin } }, worker)).status).not.toBe(204);
  });
});

describe('what a session can have come to', () => {
  const views: SessionViews = { main: 'video', measure: MEASURE, shard: 0, startedAtSeconds: 1000 };
  const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, k) => first + k);

  test('grows with time, at four times its speed', () => {
    const credits = new BeaconCredits();
    expect(credits.take('s1', views, numbers(1, 30), 1_000_000)).toBe(true);
    expect(credits.take('s1', views, numbers(31, 31), 1_000_000)).toBe(false);
    expect(credits.take('s1', views, numbers(31, 31), 1_000_999)).toBe(false);
    expect(credits.take('s1', views, numbers(31, 31), 1_001_000)).toBe(true);
    expect(credits.take('s2', views, numbers(1, 30), 1_000_000)).toBe(true);
  });

  test('is what it was when a claim was refused, and what was claimed before is free', () => {
    const credits = new BeaconCredits();
    expect(credits.take('s1', views, numbers(1, 100), 1_000_000)).toBe(false);
    expect(credits.take('s1', views, numbers(1, 30), 1_000_000)).toBe(true);
    expect(credits.take('s1', views, numbers(1, 30), 1_000_000)).toBe(true);
  });

  test('is two minutes by a clock that says it has not begun', () => {
    expect(new BeaconCredits().take('s1', views, numbers(1, 31), 0)).toBe(false);
    expect(new BeaconCredits().take('s1', views, numbers(1, 30), 0)).toBe(true);
  });

  test('does not depend on how its runs overlap', () => {
    const segments: [number, number][] = [
      [5, 7],
      [1, 3],
      [2, 6],
      [6, 6],
      [9, 9],
    ];
    expect(numbersOf({ segments })).toEqual([1, 2, 3, 4, 5, 6, 7, 9]);
    expect(numbersOf({ segments: Array(256).fill([1, 21_600]) })).toHaveLength(21_600);
  });
});
