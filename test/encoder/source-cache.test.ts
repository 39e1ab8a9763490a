import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SourceCache } from '../../encoder/source-cache.ts';
import { ObjectStore } from '../../encoder/store.ts';
import { type Exchange, type FakeServer, type Reply, until, withServer } from './fake-server.ts';

const never = new AbortController().signal;
const MAX_BYTES = 100;

type Setting = { cache: SourceCache; folder: string; server: FakeServer };

async function withCache<T>(
  answer: (exchange: Exchange, server: FakeServer) => Reply | Promise<Reply>,
  use: (setting: Setting) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cache-'));
  try {
    return await withServer(answer, async (server) => {
      const store = new ObjectStore({
        endpoint: server.url,
        bucket: 'media',
        accessKeyId: 'id',
        secretAccessKey: 'secret',
        retry: { firstPauseMs: 1 },
      });
      return use({ cache: new SourceCache(store, folder, MAX_BYTES), folder, server });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every source is its own key. */
const answerWithKey = ({ method, path }: Exchange): Reply =>
  method === 'HEAD' ? { status: 200, body: path } : { status: 206, body: path };

const read = (path: string): Promise<string> => readFile(path, 'utf8');

describe('SourceCache', () => {
  test('a source is downloaded once for tasks at the same time, and kept for the next', () =>
    withCache(answerWithKey, async ({ cache, server }) => {
      const texts = await Promise.all([cache.with('one', never, read), cache.with('one', never, read)]);
      expect(texts).toEqual(['/media/one', '/media/one']);
      await cache.with('one', never, read);
      expect(server.count('GET', 'one')).toBe(1);
    }));

  test('two idle sources are kept; the one used longest ago goes first, one in use never', () =>
    withCache(answerWithKey, async ({ cache, folder, server }) => {
      await cache.with('in-use', never, async (path) => {
        for (const key of ['a', 'b', 'a', 'c']) {
          await cache.with(key, never, read);
        }
        expect(await readdir(folder)).toHaveLength(3);
        await cache.with('a', never, read);
        expect(server.count('GET', '/a')).toBe(1);
        await cache.with('b', never, read);
        expect(server.count('GET', '/b')).toBe(2);
        expect(await read(path)).toBe('/media/in-use');
      });
    }));

  test.each([
    ['source_missing', { status: 404 }],
    ['source_empty', { status: 200 }],
    ['source_too_large', { status: 200, headers: { 'content-length': String(MAX_BYTES + 1) } }],
  ] as const)('%s is told before a byte is read', (code, reply) =>
    withCache(
      () => reply,
      async ({ cache, server, folder }) => {
        await expect(cache.with('one', never, read)).rejects.toMatchObject({ code });
        expect(server.exchanges.map(({ method }) => method)).toEqual(['HEAD']);
        expect(await readdir(folder)).toEqual([]);
      },
    ),
  );

  test('a failed download leaves no file and is not remembered', () => {
    const answer = (exchange: Exchange, { exchanges }: FakeServer): Reply =>
      exchanges.length === 2 ? { status: 403 } : answerWithKey(exchange);
    return withCache(answer, async ({ cache, folder }) => {
      await expect(cache.with('one', never, read)).rejects.toMatchObject({ code: 'store_failed' });
      expect(await readdir(folder)).toEqual([]);
      expect(await cache.with('one', never, read)).toBe('/media/one');
    });
  });

  test('a task that is cancelled stops waiting; the download goes on for the other', () => {
    let release = (_: Reply): void => {};
    const answer = (exchange: Exchange): Reply | Promise<Reply> =>
      exchange.method === 'HEAD'
        ? answerWithKey(exchange)
        : new Promise((resolve) => {
            release = resolve;
          });
    return withCache(answer, async ({ cache, server }) => {
      const stop = new AbortController();
      const cancelled = cache.with('one', stop.signal, read);
      cancelled.catch(() => {});
      const other = cache.with('one', never, read);
      await until(() => server.count('GET', 'one') === 1);
      stop.abort(new Error('lease lost'));
      await expect(cancelled).rejects.toThrow('lease lost');
      release({ status: 206, body: '/media/one' });
      expect(await other).toBe('/media/one');
    });
  });

  test('a download that nobody waits for any more ends, and its file is gone', () => {
    const answer = (exchange: Exchange): Reply => (exchange.method === 'HEAD' ? answerWithKey(exchange) : 'hang');
    return withCache(answer, async ({ cache, server, folder }) => {
      const stop = new AbortController();
      const cancelled = cache.with('one', stop.signal, read);
      cancelled.catch(() => {});
      await until(() => server.count('GET', 'one') === 1);
      stop.abort(new Error('lease lost'));
      await expect(cancelled).rejects.toThrow('lease lost');
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test('closing ends downloads and removes every file', () => {
    const answer = (exchange: Exchange): Reply =>
      exchange.path.endsWith('slow') && exchange.method === 'GET' ? 'hang' : answerWithKey(exchange);
    return withCache(answer, async ({ cache, server, folder }) => {
      await cache.with('one', never, read);
      const slow = cache.with('slow', never, read);
      slow.catch(() => {});
      await until(() => server.count('GET', 'slow') === 1);
      await cache.close();
      await expect(slow).rejects.toThrow();
      expect(await readdir(folder)).toEqual([]);
    });
  });
});
