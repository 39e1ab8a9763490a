/** The bucket's client against a Worker that misbehaves. How it gets on with a real one, test/e2e shows. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_TRIES } from '../../../encoder/failure/retry.ts';
import { ObjectStore, type TaskAccess } from '../../../encoder/store/store.ts';
import { type Exchange, type FakeServer, inTurn, type Reply, until, withServer } from '../fake-server.ts';
import { TOKEN } from '../lease/leases.ts';

const never = new AbortController().signal;
const BYTES = new TextEncoder().encode('a segment');
const MD5 = createHash('md5').update(BYTES).digest('base64');
const UNAVAILABLE = { status: 503, body: 'slow down' } as const;

const storeAt = (url: string): ObjectStore =>
  new ObjectStore({ url: `${url}/`, token: TOKEN, retry: { firstPauseMs: 1 } });

const ACCESS: TaskAccess = { taskId: 'task-1', grant: () => 'the-grant' };
const access = (): TaskAccess => ACCESS;

const withStore = <T>(
  answer: (exchange: Exchange) => Reply | Promise<Reply>,
  use: (store: ObjectStore, server: FakeServer) => Promise<T>,
): Promise<T> => withServer(answer, (server) => use(storeAt(server.url), server));

describe('writing', () => {
  const put = (store: ObjectStore, signal = never, from = ACCESS) =>
    store.putImmutable(from, 'v240/1.m4s', BYTES, signal);

  test('names the object as its task does, and carries the grant, the token and the digest', () =>
    withStore(inTurn({ status: 204 }), async (store, { exchanges }) => {
      expect(await put(store)).toBe(true);
      expect(exchanges).toMatchObject([{ method: 'PUT', path: '/v1/tasks/task-1/objects/v240/1.m4s' }]);
      expect(exchanges[0]?.body).toEqual(Buffer.from(BYTES));
      expect(exchanges[0]?.headers).toMatchObject({
        authorization: `Bearer ${TOKEN}`,
        'sluice-grant': 'the-grant',
        'content-md5': MD5,
        'content-length': String(BYTES.length),
      });
    }));

  test.each([
    ['5xx', UNAVAILABLE],
    ['429', { status: 429 }],
    ['a body that did not arrive whole', { status: 400, body: '{"code":"request_aborted"}' }],
    ['a dropped connection', 'drop'],
  ] as const)('is tried again after %s', (_, failure) =>
    withStore(inTurn(failure, failure, { status: 204 }), async (store, { exchanges }) => {
      expect(await put(store)).toBe(true);
      expect(exchanges).toHaveLength(3);
    }),
  );

  test('other bytes under the same name are a conflict', () =>
    withStore(inTurn({ status: 409 }), async (store) => {
      expect(await put(store)).toBe(false);
    }));

  test('a grant that has run out is replaced by the one of the next heartbeat', () => {
    const grants = ['old', 'old', 'new'];
    const answer = ({ headers }: Exchange): Reply => ({ status: headers['sluice-grant'] === 'new' ? 204 : 403 });
    return withStore(answer, async (store, { exchanges }) => {
      expect(await put(store, never, { taskId: 'task-1', grant: () => grants.shift() ?? '' })).toBe(true);
      expect(exchanges).toHaveLength(3);
    });
  });

  test('a refusal is final, and tells no secret', () =>
    withStore(inTurn({ status: 400, body: '{"code":"invalid_request"}' }), async (store, { exchanges }) => {
      const failure = await put(store).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'store_failed', detail: '{"code":"invalid_request"}' });
      expect(JSON.stringify([failure, String(failure)])).not.toMatch(`${TOKEN}|the-grant`);
      expect(exchanges).toHaveLength(1);
    }));

  test('a bucket that never recovers is given up', () =>
    withStore(inTurn(UNAVAILABLE), async (store, { exchanges }) => {
      await expect(put(store)).rejects.toMatchObject({ code: 'store_failed', message: expect.stringContaining('503') });
      expect(exchanges).toHaveLength(DEFAULT_TRIES);
    }));

  test('a bucket that cannot be reached is given up, with the reason', async () => {
    const url = await withServer(inTurn('drop'), async (server) => server.url);
    await expect(put(storeAt(url))).rejects.toMatchObject({
      code: 'store_failed',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('cancelling ends a request that hangs', () =>
    withStore(inTurn('hang'), async (store, { exchanges }) => {
      const stop = new AbortController();
      const told = put(store, stop.signal);
      told.catch(() => {});
      await until(() => exchanges.length === 1);
      stop.abort(new Error('stop now'));
      await expect(told).rejects.toThrow('stop now');
    }));
});

describe('reading', () => {
  /** More than two blocks of 16 MiB. */
  const film = randomBytes(33 * 1024 * 1024 + 5);

  function rangeOf({ headers }: Exchange): Buffer {
    const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(String(headers['range'])) ?? [];
    return film.subarray(Number(first), Number(last) + 1);
  }

  const withFile = async <T>(use: (path: string) => Promise<T>): Promise<T> => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
    try {
      return await use(join(folder, 'film'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  test('sizes', () =>
    withStore(inTurn({ status: 200, headers: { 'content-length': '17' } }, { status: 404 }), async (store, server) => {
      expect(await store.sourceSize(access, never)).toBe(17);
      expect(await store.sourceSize(access, never)).toBeNull();
      expect(server.count('HEAD', '/v1/tasks/task-1/source')).toBe(2);
    }));

  test('blocks are put together in order; one that was cut is fetched again', () => {
    let cut = 0;
    const answer = (exchange: Exchange): Reply => {
      const body = rangeOf(exchange);
      return { status: 206, body, ...(cut++ === 1 ? { cutAfter: 1000 } : {}) };
    };
    return withStore(answer, (store, { exchanges }) =>
      withFile(async (path) => {
        await store.download(access, film.length, path, never);
        expect(film.equals(await readFile(path))).toBe(true);
        expect(exchanges).toHaveLength(4);
      }),
    );
  });

  test('an object that has gone fails at once, and ends the other blocks', () => {
    const answer = (exchange: Exchange): Reply =>
      String(exchange.headers['range']).startsWith('bytes=0-') ? { status: 404 } : 'hang';
    return withStore(answer, (store, { exchanges }) =>
      withFile(async (path) => {
        const told = store.download(access, film.length, path, never);
        await expect(told).rejects.toMatchObject({ code: 'store_failed', message: expect.stringContaining('404') });
        expect(exchanges.length).toBeLessThanOrEqual(3);
      }),
    );
  });
});
