/** The bucket as encoders reach it, over HTTP: what a grant opens, what it does not, and for how long. */

import { SELF } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { taskBoard } from '../../../../../src/control/encoding/board/board-stub.ts';
import { GRANT_SECONDS, mintGrant, readGrant } from '../../../../../src/control/encoding/encoders/grants.ts';
import { audioTasks, chunkTasks, inspectTask } from '../../../../../src/control/encoding/plan/job-tasks.ts';
import { currentKey, EDGE_KEYS_KEY, segmentKey, sourceKey } from '../../../../../src/media/keys.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import { GRANT_HEADER, leaseSchema } from '../../../../../src/protocol/tasks.ts';
import { type Answer, call, ORIGIN, problemOf } from '../../../http/client.ts';
import { FACTS } from '../fixture.ts';

const ENCODER = { id: 'enc-1', version: '0.1.0', cores: 2, memoryBytes: 1 };
const FILM = 'The whole film';
const BYTES = 'a segment';

const token = env.ENCODER_TOKEN;
const post = (path: string, json: object): Promise<Answer> => call('POST', path, { token, json });

async function md5(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('MD5', new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

type Held = { id: string; lease: string; grant: string; attempt: string };

async function leaseNext(): Promise<Held> {
  const { body, headers } = await post('/v1/encoders/lease', { encoder: ENCODER });
  const { task, lease } = leaseSchema.parse(body);
  return { id: task.id, attempt: task.attempt, lease, grant: headers.get(GRANT_HEADER) ?? '' };
}

type PutOptions = { grant?: string; headers?: Record<string, string>; body?: BodyInit; token?: string | null };

async function put({ id, grant }: Held, path: string, options: PutOptions = {}): Promise<Answer> {
  const { body = BYTES } = options;
  const digest = typeof body === 'string' ? await md5(body) : '';
  return await call('PUT', `/v1/tasks/${id}/objects/${path}`, {
    token: options.token === undefined ? token : options.token,
    headers: { [GRANT_HEADER]: options.grant ?? grant, 'content-md5': digest, ...options.headers },
    body,
  });
}

async function read(id: string, grant: string, range?: string, method = 'GET'): Promise<Answer> {
  const response = await SELF.fetch(`${ORIGIN}/v1/tasks/${id}/source`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      [GRANT_HEADER]: grant,
      ...(range === undefined ? {} : { range }),
    },
  });
  const { status, headers } = response;
  const text = new TextDecoder().decode(await response.arrayBuffer());
  return { status, headers, body: status >= 400 && text !== '' ? JSON.parse(text) : text };
}

/** Two chunks of two segments each, then the sound: of an asset of their own. */
async function submit(assetId: string): Promise<void> {
  const plan = planEncode(FACTS, { preset: 'medium', chunkSegments: 2 });
  const job = { assetId, version: 'ver1', jobId: `job-${assetId}` };
  const source = { key: sourceKey(assetId, 'film.mp4'), sizeBytes: FILM.length };
  await env.MEDIA.put(source.key, FILM);
  const tasks = [...chunkTasks(job, source, plan), ...audioTasks(job, source, plan)].map((task, rank) => ({
    ...task,
    rank,
  }));
  await taskBoard(env).submit(job.jobId, 50, tasks);
}

let held: Held;
let other: Held;
/** When `held` had its grant. */
let grantedAtMs: number;

beforeAll(async () => {
  await submit('mine');
  grantedAtMs = Date.now();
  held = await leaseNext();
  await taskBoard(env).setPriority('job-mine', 0);
  await submit('theirs');
  other = await leaseNext();
  expect([held.id, other.id]).toEqual(['job-mine-chunk-0', 'job-theirs-chunk-0']);
});
afterEach(() => {
  vi.useRealTimers();
});

const keyOf = (assetId: string, track: string, number: number): string =>
  segmentKey({ assetId, version: 'ver1' }, track, '1', number);

describe('writing', () => {
  test('puts the object under the key of the attempt, with our type', async () => {
    expect(await put(held, 'v240/1.m4s', { headers: { 'content-type': 'text/html' } })).toMatchObject({ status: 204 });
    const object = await env.MEDIA.get(keyOf('mine', 'v240', 1));
    expect(await object?.text()).toBe(BYTES);
    expect(object?.httpMetadata?.contentType).toBe('video/iso.segment');
  });

  test('the same bytes again is no error, others are never written', async () => {
    expect(await put(held, 'v240/2.m4s')).toMatchObject({ status: 204 });
    expect(await put(held, 'v240/2.m4s')).toMatchObject({ status: 204 });
    for (const headers of [{}, { 'if-none-match': 'x' }, { 'if-match': '*' }]) {
      expect(problemOf(await put(held, 'v240/2.m4s', { body: 'other', headers }))).toEqual([409, 'object_differs']);
    }
    expect(await (await env.MEDIA.get(keyOf('mine', 'v240', 2)))?.text()).toBe(BYTES);
  });

  test('what an encoder with keys of the bucket wrote counts as well', async () => {
    await env.MEDIA.put('assets/mine/ver1/v480/init.mp4', BYTES);
    expect(await put(held, 'v480/init.mp4')).toMatchObject({ status: 204 });
    expect(problemOf(await put(held, 'v480/init.mp4', { body: 'other' }))).toEqual([409, 'object_differs']);
  });

  test('a body larger than a segment may be is read by nobody', async () => {
    const large = new Uint8Array(1024 * 1024 + 1);
    const headers = { 'content-md5': await md5('') };
    expect(problemOf(await put(held, 'v360/init.mp4', { body: large, headers }))).toEqual([413, 'body_too_large']);
    // Larger than any other body of the control API.
    expect(problemOf(await put(held, 'v360/1.m4s', { body: large, headers }))).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['no digest', { headers: { 'content-md5': '' } }],
    ['a digest that is none', { headers: { 'content-md5': 'x'.repeat(24) } }],
    ['no bytes', { body: '' }],
    ['no length', { body: new Blob([BYTES]).stream() }],
  ])('with %s is refused', async (_, options) => {
    expect(problemOf(await put(held, 'v360/2.m4s', options))).toEqual([400, 'invalid_request']);
    expect(await env.MEDIA.head(keyOf('mine', 'v360', 2))).toBeNull();
  });

  test('an upload that breaks off is no fault of ours, and leaves nothing', async () => {
    const half = new FixedLengthStream(100);
    const writer = half.writable.getWriter();
    const sent = writer.write(new Uint8Array(50)).then(() => writer.abort(new Error('Network connection lost.')));
    const headers = { 'content-md5': await md5(BYTES), 'content-length': '100' };
    expect(problemOf(await put(held, 'v360/2.m4s', { body: half.readable, headers }))).toEqual([
      400,
      'request_aborted',
    ]);
    await sent;
    expect(await env.MEDIA.head(keyOf('mine', 'v360', 2))).toBeNull();
  });

  test('bytes that are not those of the digest do not arrive', async () => {
    const headers = { 'content-md5': await md5('what was sent') };
    expect(problemOf(await put(held, 'v360/2.m4s', { headers }))).toEqual([400, 'invalid_request']);
    expect(await env.MEDIA.head(keyOf('mine', 'v360', 2))).toBeNull();
  });
});

describe('a grant', () => {
  test.each([
    'v240/3.m4s',
    'v2160/1.m4s',
    'a128-en/1.m4s',
    'v240/current.json',
    'v240/..%2F..%2F..%2Fcurrent.json',
    '..%2F..%2F..%2Fedge/keys.json',
    'v240%2F1/1.m4s',
  ])('does not open %s', async (path) => {
    expect(problemOf(await put(held, path))).toEqual([403, 'not_granted']);
  });

  test.each(['v240/1/1.m4s', '../../edge/keys.json', '../../../../edge/keys.json', 'v240'])(
    'there is no way to %s',
    async (path) => {
      await env.MEDIA.put(EDGE_KEYS_KEY, 'keys');
      await env.MEDIA.put(currentKey('mine'), 'current');
      expect((await put(held, path)).status).toBeGreaterThanOrEqual(400);
      expect(await (await env.MEDIA.get(EDGE_KEYS_KEY))?.text()).toBe('keys');
      expect(await (await env.MEDIA.get(currentKey('mine')))?.text()).toBe('current');
    },
  );

  test('of one task is worth nothing for another, nor its source', async () => {
    expect(problemOf(await put({ ...other, grant: held.grant }, 'v240/1.m4s'))).toEqual([403, 'grant_invalid']);
    expect(problemOf(await read(other.id, held.grant, 'bytes=0-1'))).toEqual([403, 'grant_invalid']);
    expect(problemOf(await read('job-mine-chunk-1', held.grant, 'bytes=0-1'))).toEqual([403, 'grant_invalid']);
  });

  test.each([
    ['none', () => ''],
    ['a signature that is off', (grant: string) => `${grant.slice(0, -6)}AAAAAA`],
    ['no signature', (grant: string) => grant.slice(0, grant.lastIndexOf('.') + 1)],
    ['no algorithm', (grant: string) => `${btoa('{"alg":"none"}').replaceAll('=', '')}.${grant.split('.')[1]}.`],
    ['far too much', (grant: string) => grant + 'A'.repeat(8_000)],
  ])('with %s opens nothing', async (_, change) => {
    const grant = change(held.grant);
    expect(problemOf(await put(held, 'v240/1.m4s', { grant }))).toEqual([403, 'grant_invalid']);
    expect(problemOf(await read(held.id, grant, 'bytes=0-1'))).toEqual([403, 'grant_invalid']);
  });

  test('needs the token of encoders as well', async () => {
    for (const wrong of [null, env.API_TOKEN]) {
      expect(problemOf(await put(held, 'v240/1.m4s', { token: wrong }))).toEqual([401, 'unauthorized']);
    }
  });

  test('ends by itself, and a heartbeat brings a newer one', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: grantedAtMs + GRANT_SECONDS * 1000 - 2_000 });
    expect(await read(held.id, held.grant, 'bytes=0-1')).toMatchObject({ status: 206 });
    const beat = await post(`/v1/tasks/${held.id}/heartbeat`, { lease: held.lease, progress: 0 });
    vi.setSystemTime(Date.now() + 3_000);
    expect(problemOf(await read(held.id, held.grant, 'bytes=0-1'))).toEqual([403, 'grant_invalid']);
    expect(await read(held.id, beat.headers.get(GRANT_HEADER) ?? '', 'bytes=0-1')).toMatchObject({ status: 206 });
  });

  test('is read by isolates on either side of a rotation of the secret', async () => {
    const [old, next] = ['o'.repeat(32), 'n'.repeat(32)];
    const scope = { source: 'sources/mine/film.mp4', writes: null };
    const grant = await mintGrant({ SESSION_SECRET: old }, 'task', scope, Date.now());
    const rotated = { SESSION_SECRET: next, SESSION_SECRET_PREVIOUS: old };
    expect(await readGrant(rotated, grant, 'task', Date.now())).toEqual(scope);
    await expect(readGrant({ SESSION_SECRET: next }, grant, 'task', Date.now())).rejects.toThrow();
  });

  test('is not handed out to whoever has lost the lease, has done the task or is to stop', async () => {
    const lost = await post(`/v1/tasks/${other.id}/heartbeat`, { lease: 'x'.repeat(24), progress: 0 });
    expect(problemOf(lost)).toEqual([409, 'lease_lost']);
    expect(lost.headers.has(GRANT_HEADER)).toBe(false);
    await taskBoard(env).closeJob('job-theirs');
    const source = { key: sourceKey('mine', 'film.mp4'), sizeBytes: FILM.length };
    await taskBoard(env).submit('job-done', 100, [
      inspectTask({ assetId: 'mine', version: 'v', jobId: 'job-done' }, source),
    ]);
    const done = await leaseNext();
    await post(`/v1/tasks/${done.id}/complete`, { lease: done.lease, result: FACTS });
    const late = await post(`/v1/tasks/${done.id}/heartbeat`, { lease: done.lease, progress: 1 });
    expect(late.body).toEqual({ cancel: false });
    expect(late.headers.has(GRANT_HEADER)).toBe(false);
    const cancelled = await post(`/v1/tasks/${other.id}/heartbeat`, { lease: other.lease, progress: 0 });
    expect(cancelled.body).toEqual({ cancel: true });
    expect(cancelled.headers.has(GRANT_HEADER)).toBe(false);
  });
});

describe("the task's source", () => {
  test.each([
    ['bytes=0-2', 'The', 'bytes 0-2/14'],
    ['bytes=10-99', 'film', 'bytes 10-13/14'],
  ])('is read by ranges: %s', async (range, body, contentRange) => {
    const answer = await read(held.id, held.grant, range);
    expect(answer).toMatchObject({ status: 206, body });
    expect(answer.headers.get('content-range')).toBe(contentRange);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('tells its size', async () => {
    const answer = await read(held.id, held.grant, undefined, 'HEAD');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(String(FILM.length));
  });

  test.each([
    ['bytes=99-100', 416, 'range_not_satisfiable'],
    ['bytes=5-2', 400, 'invalid_request'],
    ['bytes=-5', 400, 'invalid_request'],
    [undefined, 400, 'invalid_request'],
  ] as const)('refuses %s', async (range, status, code) => {
    expect(problemOf(await read(held.id, held.grant, range))).toEqual([status, code]);
  });

  test('that is gone is not found', async () => {
    await env.MEDIA.delete(sourceKey('mine', 'film.mp4'));
    expect(problemOf(await read(held.id, held.grant, 'bytes=0-1'))).toEqual([404, 'not_found']);
    expect((await read(held.id, held.grant, undefined, 'HEAD')).status).toBe(404);
  });
});
