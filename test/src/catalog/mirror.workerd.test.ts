/** Changes whose write to the bucket fails, is late or is lost: what players meet follows the catalog all the same. */
import { applyD1Migrations, createScheduledController, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setCurrentVersion, writeCurrent } from '../../../src/catalog/job-progress.ts';
import { LOOK_AGAIN_MS } from '../../../src/catalog/mirror.ts';
import { sweepMirrors } from '../../../src/control/mirrors/mirror-sweep.ts';
import { SWEEP_CRON } from '../../../src/control/notify/dispatch.ts';
import worker from '../../../src/index.ts';
import { currentKey, EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY } from '../../../src/media/keys.ts';
import { signed } from '../access/keys.ts';
import { ask, fresh, play, putPlayable } from '../control/links/fixture.ts';
import { createAsset, problemOf } from '../http/client.ts';

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
  await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS);
});

type Call = 'put' | 'delete' | 'head';
type Bucket = Pick<R2Bucket, Call>;

/** The Worker with a bucket of which these calls do something else. */
const withBucket = (calls: Partial<Bucket>) => ({
  ...fresh,
  MEDIA: new Proxy(env.MEDIA, {
    get: (bucket, name) => calls[name as Call] ?? Reflect.get(bucket, name).bind(bucket),
  }),
});
const refuse = () => Promise.reject(new Error('the bucket refuses'));
const refusing = () => withBucket({ put: refuse, delete: refuse });

const sweep = () => worker.scheduled(createScheduledController({ cron: SWEEP_CRON }), env);
const keysNoted = async () =>
  (await env.CATALOG.prepare('SELECT key FROM stale_mirrors').all<{ key: string }>()).results.map(({ key }) => key);
const currentOf = async (id: string) => (await env.MEDIA.get(currentKey(id)))?.json<{ disabled: boolean }>();

/** An asset that is in the catalog and plays. */
async function playable(): Promise<string> {
  const { id } = await createAsset('film');
  const facts = { jobId: 'job', revision: 1, base: null, durationSeconds: 10, width: 640, height: 360 };
  await putPlayable(id);
  await setCurrentVersion(env.CATALOG, { assetId: id, version: 'ver1', ...facts }, Date.now());
  await writeCurrent(env.CATALOG, env.MEDIA, id);
  return id;
}

async function newKey() {
  const { body } = await ask('POST', '/v1/signing-keys', { json: {} });
  return body as { kid: string; privateJwk: Record<string, unknown> };
}

describe('a change that the bucket refuses', () => {
  const changes: [string, (id: string, kid: string) => [string, string, unknown?]][] = [
    ['disabling an asset', (id) => ['PATCH', `/v1/assets/${id}`, { disabled: true }]],
    ['deleting an asset', (id) => ['DELETE', `/v1/assets/${id}`]],
    ['revoking an asset', (id) => ['POST', '/v1/revocations', { kind: 'asset', value: id }]],
    ['deleting a signing key', (_, kid) => ['DELETE', `/v1/signing-keys/${kid}`]],
  ];

  async function refused(change: (id: string, kid: string) => [string, string, unknown?]) {
    const id = await playable();
    const { kid, ...key } = await newKey();
    const token = await signed({ key: { kid, alg: 'ES256' }, ...key } as never, {
      sub: id,
      exp: Date.now() / 1000 + 60,
    });
    const segment = `${await play(token)}v360/1/1.m4s`;
    const [method, path, json] = change(id, kid);
    const send = (from: object = fresh) => ask(method, path, { json, from });
    const answer = await send(refusing());
    expect(problemOf(answer)).toEqual([503, 'unavailable']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await ask('GET', segment)).status).toBe(200);
    return { segment, token, send };
  }

  test.each(changes)('%s: ends playback with the next sweep, though nobody repeats the call', async (_, change) => {
    const { segment, token } = await refused(change);
    await sweep();
    expect((await ask('GET', segment)).status).not.toBe(200);
    expect((await ask('GET', `/v/${token}/main.m3u8`)).status).not.toBe(200);
  });

  test.each(changes)('%s: is carried out by the repeated call, which says so', async (_, change) => {
    const { segment, send } = await refused(change);
    expect([200, 204]).toContain((await send()).status);
    expect((await ask('GET', segment)).status).not.toBe(200);
  });

  test('of an asset that has been deleted: the call after that finds none', async () => {
    const { send } = await refused((id) => ['DELETE', `/v1/assets/${id}`]);
    expect((await send()).status).toBe(204);
    expect(problemOf(await send())).toEqual([404, 'asset_not_found']);
  });

  test('stays noted while the sweep fails as well', async () => {
    const { segment } = await refused((id) => ['PATCH', `/v1/assets/${id}`, { disabled: true }]);
    await sweepMirrors(refusing(), Date.now());
    expect((await ask('GET', segment)).status).toBe(200);
    await sweep();
    expect((await ask('GET', segment)).status).toBe(403);
  });
});

describe('registering a signing key', () => {
  const jwk = async () => exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey);

  test('again changes nothing, and writes what the call before could not', async () => {
    const publicJwk = await jwk();
    const register = (from: object = fresh) =>
      ask('POST', '/v1/signing-keys', { json: { publicJwk, kid: 'app' }, from });
    expect(problemOf(await register(refusing()))).toEqual([503, 'unavailable']);
    expect(await env.MEDIA.head(EDGE_KEYS_KEY)).toBeNull();
    const first = await register();
    expect([first.status, await (await env.MEDIA.get(EDGE_KEYS_KEY))?.json()]).toEqual([201, { keys: [first.body] }]);
    expect(await register()).toMatchObject({ status: 201, body: first.body });
    const other = await ask('POST', '/v1/signing-keys', { json: { publicJwk: await jwk(), kid: 'app' } });
    expect(problemOf(other)).toEqual([409, 'signing_key_exists']);
  });

  test('whose private half could not be shown leaves none', async () => {
    expect(problemOf(await ask('POST', '/v1/signing-keys', { json: {}, from: refusing() }))).toEqual([
      503,
      'unavailable',
    ]);
    expect((await ask('GET', '/v1/signing-keys')).body).toEqual({ keys: [] });
  });
});

describe('a write that is late', () => {
  /** Disables the asset; what it writes arrives at the bucket when `arrive` is called. */
  async function disableLate(id: string) {
    const { promise: sent, resolve } = Promise.withResolvers<() => Promise<unknown>>();
    const put = (...args: Parameters<R2Bucket['put']>) => {
      resolve(() => env.MEDIA.put(...args));
      return new Promise<never>(() => {});
    };
    void ask('PATCH', `/v1/assets/${id}`, { json: { disabled: true }, from: withBucket({ put } as never) });
    return { arrive: await sent };
  }

  test('does not overwrite a later one', async () => {
    const id = await playable();
    const { arrive } = await disableLate(id);
    await ask('PATCH', `/v1/assets/${id}`, { json: { disabled: false, policy: 'public' } });
    await arrive();
    expect(await currentOf(id)).toMatchObject({ disabled: false, policy: 'public' });
  });

  test('does not bring a deleted asset back', async () => {
    const id = await playable();
    const { arrive } = await disableLate(id);
    await ask('DELETE', `/v1/assets/${id}`);
    await arrive();
    expect(await currentOf(id)).toBeUndefined();
  });

  test('and finds what it expects, since that has come back: is overwritten once none can be on its way', async () => {
    const id = await playable();
    const { arrive } = await disableLate(id);
    await sweep();
    await ask('PATCH', `/v1/assets/${id}`, { json: { disabled: false } });
    await arrive();
    expect(await currentOf(id)).toMatchObject({ disabled: true });
    await sweep();
    expect(await currentOf(id)).toMatchObject({ disabled: true });
    await sweepMirrors(env, Date.now() + LOOK_AGAIN_MS);
    expect(await currentOf(id)).toMatchObject({ disabled: false });
    expect(await keysNoted()).not.toContain(currentKey(id));
  });
});

test('a writer that asked for the mirror before another wrote it, asks again', async () => {
  const id = await playable();
  await env.CATALOG.prepare('UPDATE assets SET disabled = 1 WHERE id = ?').bind(id).run();
  await writeCurrent(env.CATALOG, env.MEDIA, id, Promise.resolve(null));
  expect(await currentOf(id)).toMatchObject({ disabled: true });
});

describe('what is noted', () => {
  test('is the key of each mirror, whichever statement changes the catalog', async () => {
    const id = await playable();
    await env.CATALOG.prepare('DELETE FROM stale_mirrors').run();
    const statements: [string, string][] = [
      [`UPDATE assets SET prewarm = 1`, currentKey(id)],
      [`DELETE FROM assets`, currentKey(id)],
      [`INSERT INTO signing_keys VALUES ('a', 'ES256', '{}', 0)`, EDGE_KEYS_KEY],
      [`DELETE FROM signing_keys`, EDGE_KEYS_KEY],
      [`INSERT INTO revocations VALUES ('link', 'a', 'a', NULL, NULL, 0)`, EDGE_REVOCATIONS_KEY],
      [`UPDATE revocations SET expires_at = 1`, EDGE_REVOCATIONS_KEY],
    ];
    for (const [statement, key] of statements) {
      await env.CATALOG.batch([
        env.CATALOG.prepare(statement),
        env.CATALOG.prepare(`UPDATE stale_mirrors SET look_again_at = 1 WHERE key <> ?1`).bind(key),
      ]);
      const noted = env.CATALOG.prepare('SELECT key FROM stale_mirrors WHERE look_again_at = 0');
      expect((await noted.all()).results).toEqual([{ key }]);
      await env.CATALOG.prepare('DELETE FROM stale_mirrors').run();
    }
    await env.CATALOG.prepare('DELETE FROM revocations').run();
    expect(await keysNoted()).toEqual([]);
  });

  test('goes after the second look, also by a clock that has been set back', async () => {
    await playable();
    await env.CATALOG.prepare('UPDATE stale_mirrors SET look_again_at = ?1')
      .bind(Date.now() + 86_400_000)
      .run();
    await sweep();
    expect(await keysNoted()).toEqual([]);
  });
});

test('an asset whose source cannot be looked for is not made', async () => {
  const json = { source: { object: 'sources/film/film.mp4' } };
  const answer = await ask('POST', '/v1/assets', { json, from: withBucket({ head: refuse }) });
  expect([...problemOf(answer), answer.headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
});

test('a bucket that never answers is given up in time', async () => {
  const id = await playable();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const asked = ask('PATCH', `/v1/assets/${id}`, {
      json: { disabled: true },
      from: withBucket({ head: () => new Promise<never>(() => vi.advanceTimersByTime(10_000)) }),
    });
    expect(problemOf(await asked)).toEqual([503, 'unavailable']);
  } finally {
    vi.useRealTimers();
  }
});
