/** A POST with an `Idempotency-Key` runs once, whatever becomes of its first answer. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { app } from '../../../src/app.ts';
import { pruneRecords } from '../../../src/control/tokens/audit-store.ts';
import { deriveCallKeys } from '../../../src/http/idempotency-keys.ts';
import { claimCall, forgetCall, KEPT_MS, keepAnswer, TAKE_OVER_MS } from '../../../src/http/idempotent-calls.ts';
import { createToken } from '../control/tokens/fixture.ts';
import { type Answer, call, createAsset, ORIGIN, problemOf } from './client.ts';

const KEYS = '/v1/signing-keys';
const post = (
  key: string,
  { path = KEYS, json = {}, token = env.API_TOKEN }: { path?: string; json?: object; token?: string } = {},
) => call('POST', path, { json, token, headers: { 'idempotency-key': key } });
const isReplay = ({ headers }: Answer): boolean => headers.get('idempotent-replayed') === 'true';

async function countKeys(): Promise<number> {
  const { body } = await call('GET', KEYS);
  return z.object({ keys: z.array(z.unknown()) }).parse(body).keys.length;
}

/** The row of a call, as its first attempt left it. */
const leave = async (key: string, startedAtMs: number) => {
  const { id } = await deriveCallKeys(env.API_TOKEN, key);
  await env.CATALOG.prepare('UPDATE idempotent_calls SET answer = NULL, started_at = ? WHERE id = ?')
    .bind(startedAtMs, id)
    .run();
};

test('a repeated call has the same answer and changes nothing', async () => {
  const before = await countKeys();
  const [first, second] = [await post('same'), await post('same')];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect([isReplay(first), isReplay(second)]).toEqual([false, true]);
  expect(second.body).toEqual(first.body);
  expect(second.body).toHaveProperty('privateJwk.d');
  expect(await countKeys()).toBe(before + 1);
  const volatile = ['x-request-id', 'idempotent-replayed', 'content-length', 'date'];
  const kept = ({ headers }: Answer) => [...headers].filter(([name]) => !volatile.includes(name));
  expect(kept(second)).toEqual(kept(first));
  expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
});

test('one key is for one call', async () => {
  await post('one');
  expect(problemOf(await post('one', { json: { alg: 'ES256' } }))).toEqual([422, 'idempotency_key_reused']);
  expect(problemOf(await post('one', { path: '/v1/gc-runs' }))).toEqual([422, 'idempotency_key_reused']);
  expect(problemOf(await post('one', { path: `${KEYS}?a=1` }))).toEqual([422, 'idempotency_key_reused']);
  expect(isReplay(await post('one'))).toBe(true);
});

test('of calls at the same time one runs', async () => {
  const before = await countKeys();
  const answers = await Promise.all(Array.from({ length: 6 }, () => post('race')));
  expect(answers.filter((answer) => answer.status === 201 && !isReplay(answer))).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    expect(problemOf(answer)).toEqual([409, 'idempotency_running']);
    expect(answer.headers.get('retry-after')).toBe('2');
  }
  expect(await countKeys()).toBe(before + 1);
});

test('a call whose Worker died is taken over after five minutes, by the same call alone', async () => {
  await post('crash');
  await leave('crash', Date.now() - TAKE_OVER_MS + 10_000);
  expect(problemOf(await post('crash'))).toEqual([409, 'idempotency_running']);
  await leave('crash', Date.now() - TAKE_OVER_MS);
  expect(problemOf(await post('crash', { json: { alg: 'ES256' } }))).toEqual([422, 'idempotency_key_reused']);
  const again = await post('crash');
  expect([again.status, isReplay(again)]).toEqual([201, false]);
  expect((await post('crash')).body).toEqual(again.body);
});

test('an attempt that was taken over changes nothing any more', async () => {
  const nowMs = Date.now();
  const [late, next] = [
    await claimCall(env.CATALOG, 'x', 'h', nowMs),
    await claimCall(env.CATALOG, 'x', 'h', nowMs + TAKE_OVER_MS),
  ];
  if (late.state !== 'mine' || next.state !== 'mine') {
    throw new Error(`not taken over: ${late.state}, ${next.state}`);
  }
  await keepAnswer(env.CATALOG, 'x', late.attempt, 'late');
  await forgetCall(env.CATALOG, 'x', late.attempt);
  expect(await claimCall(env.CATALOG, 'x', 'h', nowMs + TAKE_OVER_MS)).toEqual({ state: 'running' });
  await keepAnswer(env.CATALOG, 'x', next.attempt, 'next');
  expect(await claimCall(env.CATALOG, 'x', 'h', nowMs + TAKE_OVER_MS)).toEqual({ state: 'answered', answer: 'next' });
});

test('answers are kept for a day, and then removed', async () => {
  const [first, other] = [await post('day'), await post('day too')];
  const { id } = await deriveCallKeys(env.API_TOKEN, 'day');
  const count = async () =>
    await env.CATALOG.prepare('SELECT count(*) AS n FROM idempotent_calls WHERE id = ?').bind(id).first('n');
  await pruneRecords(env, Date.now() + KEPT_MS - 60_000);
  expect([await count(), isReplay(await post('day'))]).toEqual([1, true]);
  await env.CATALOG.prepare('UPDATE idempotent_calls SET expires_at = ?').bind(Date.now()).run();
  const again = await post('day');
  expect([isReplay(again), isReplay(await post('day'))]).toEqual([false, true]);
  expect(again.body).not.toEqual(first.body);
  await pruneRecords(env, Date.now() + KEPT_MS);
  expect(await count()).toBe(0);
  expect(isReplay(other)).toBe(false);
});

test('what is shown once cannot be read in the database', async () => {
  const { body } = await post('a key that is secret');
  const { privateJwk } = z.looseObject({ privateJwk: z.looseObject({ d: z.string() }) }).parse(body);
  const { results } = await env.CATALOG.prepare('SELECT * FROM idempotent_calls').all();
  const stored = JSON.stringify(results);
  for (const secret of [privateJwk.d, 'privateJwk', 'a key that is secret', env.API_TOKEN]) {
    expect(stored).not.toContain(secret);
  }
  const [row] = z
    .array(z.looseObject({ answer: z.string() }))
    .parse(results.filter(({ answer }) => answer !== null))
    .slice(-1);
  await expect((await deriveCallKeys(env.API_TOKEN, 'another key')).open(row?.answer ?? '')).rejects.toThrow();
});

test('keys belong to their token', async () => {
  const { token } = await createToken(['keys:write']);
  const [first, other] = [await post('mine'), await post('mine', { token })];
  expect([other.status, isReplay(other)]).toEqual([201, false]);
  expect(other.body).not.toEqual(first.body);
});

test('a refusal is an answer too; a fault is none', async () => {
  expect((await post('refused', { json: { alg: 'none' } })).status).toBe(400);
  expect(isReplay(await post('refused', { json: { alg: 'none' } }))).toBe(true);

  const { id } = await createAsset('repeated-fault');
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const headers = {
    authorization: `Bearer ${env.API_TOKEN}`,
    'idempotency-key': 'fault',
    'content-type': 'application/json',
  };
  const init = { method: 'POST', headers, body: '{"expiresIn":60}' };
  const broken = { ...env, PUBLIC_URL: '' };
  expect((await app.request(`${ORIGIN}/v1/assets/${id}/links`, init, broken)).status).toBe(500);
  error.mockRestore();
  const mended = await app.request(`${ORIGIN}/v1/assets/${id}/links`, init, env);
  expect([mended.status, mended.headers.get('idempotent-replayed')]).toEqual([201, null]);
});

test('an answer that is too large is not made twice', async () => {
  await post('large');
  const { id } = await deriveCallKeys(env.API_TOKEN, 'large');
  await env.CATALOG.prepare("UPDATE idempotent_calls SET answer = '' WHERE id = ?").bind(id).run();
  expect(problemOf(await post('large'))).toEqual([409, 'idempotency_answer_too_large']);
});

test('bodies of any kind are compared', async () => {
  const { id } = await createAsset('repeated-track');
  const send = (text: string) =>
    call('POST', `/v1/assets/${id}/tracks?language=de`, {
      body: text,
      headers: { 'content-type': 'text/vtt', 'idempotency-key': 'track' },
    });
  const cues = (text: string) => `WEBVTT\n\n00:00.000 --> 00:01.000\n${text}\n`;
  const first = await send(cues('Hallo'));
  expect(first.status).toBe(201);
  expect([(await send(cues('Hallo'))).body, (await send(cues('Tschüs'))).status]).toEqual([first.body, 422]);
});

test('a call of another type is another call', async () => {
  const body = JSON.stringify({ alg: 'ES256' });
  const send = (type: string) =>
    call('POST', KEYS, { body, headers: { 'content-type': type, 'idempotency-key': 'type' } });
  expect(problemOf(await send('text/plain'))).toEqual([415, 'unsupported_media_type']);
  expect(problemOf(await send('application/json'))).toEqual([422, 'idempotency_key_reused']);
});

test.each(['', 'ü', 'x'.repeat(256), 'a\tb'])('the key %j is none', async (key) => {
  expect(problemOf(await post(key))).toEqual([400, 'invalid_request']);
});

test('other methods do not read it', async () => {
  const ask = () => call('GET', KEYS, { headers: { 'idempotency-key': 'get' } });
  expect([(await ask()).status, isReplay(await ask())]).toEqual([200, false]);
});
