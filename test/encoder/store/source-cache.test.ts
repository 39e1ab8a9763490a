import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Disk, measureSourceRoom, SLOT_BYTES } from '../../../encoder/store/source-room.ts';
import { type Exchange, type FakeServer, type Reply, until } from '../fake-server.ts';
import {
  accessOf,
  answerBySize,
  answerWithKey,
  diskWith,
  MAX_BYTES,
  never,
  read,
  type Setting,
  SMALL_DISK,
  withCache,
  withDisk,
} from './cache-setting.ts';

describe('SourceCache', () => {
  test('a source is downloaded once for tasks at the same time, and kept for the next', () =>
    withCache(answerWithKey, async ({ cache, server }) => {
      const texts = await Promise.all([
        cache.with({ key: 'one' }, accessOf('one'), never, read),
        cache.with({ key: 'one' }, accessOf('one'), never, read),
      ]);
      expect(texts).toEqual(['/v1/tasks/one/source', '/v1/tasks/one/source']);
      await cache.with({ key: 'one' }, accessOf('one'), never, read);
      expect(server.count('GET', 'one')).toBe(1);
    }));

  test('two idle sources are kept; the one used longest ago goes first, one in use never', () =>
    withCache(answerWithKey, async ({ cache, folder, server }) => {
      await cache.with({ key: 'in-use' }, accessOf('in-use'), never, async (path) => {
        for (const key of ['a', 'b', 'a', 'c']) {
          await cache.with({ key }, accessOf(key), never, read);
        }
        expect(await readdir(folder)).toHaveLength(3);
        await cache.with({ key: 'a' }, accessOf('a'), never, read);
        expect(server.count('GET', '/a')).toBe(1);
        await cache.with({ key: 'b' }, accessOf('b'), never, read);
        expect(server.count('GET', '/b')).toBe(2);
        expect(await read(path)).toBe('/v1/tasks/in-use/source');
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
        await expect(cache.with({ key: 'one' }, accessOf('one'), never, read)).rejects.toMatchObject({ code });
        expect(server.exchanges.map(({ method }) => method)).toEqual(['HEAD']);
        expect(await readdir(folder)).toEqual([]);
      },
    ),
  );

  test('a failed download leaves no file and is not remembered', () => {
    const answer = (exchange: Exchange, { exchanges }: FakeServer): Reply =>
      exchanges.length === 2 ? { status: 400 } : answerWithKey(exchange);
    return withCache(answer, async ({ cache, folder }) => {
      await expect(cache.with({ key: 'one' }, accessOf('one'), never, read)).rejects.toMatchObject({
        code: 'store_failed',
      });
      expect(await readdir(folder)).toEqual([]);
      expect(await cache.with({ key: 'one' }, accessOf('one'), never, read)).toBe('/v1/tasks/one/source');
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
      const cancelled = cache.with({ key: 'one' }, accessOf('one'), stop.signal, read);
      cancelled.catch(() => {});
      const other = cache.with({ key: 'one' }, accessOf('one'), never, read);
      await until(() => server.count('GET', 'one') === 1);
      stop.abort(new Error('lease lost'));
      await expect(cancelled).rejects.toThrow('lease lost');
      release({ status: 206, body: '/v1/tasks/one/source' });
      expect(await other).toBe('/v1/tasks/one/source');
    });
  });

  test('a download that was begun for a task which has lost its lease goes on with the grant of another', () => {
    const answer = (exchange: Exchange): Reply =>
      exchange.method === 'GET' && exchange.path.includes('lost') ? { status: 403 } : answerWithKey(exchange);
    return withCache(answer, async ({ cache, server }) => {
      const stop = new AbortController();
      const lost = cache.with({ key: 'one' }, accessOf('lost'), stop.signal, read);
      lost.catch(() => {});
      const other = cache.with({ key: 'one' }, accessOf('held'), never, read);
      await until(() => server.count('GET', 'lost') > 0);
      stop.abort(new Error('lease lost'));
      expect(await other).toBe('/v1/tasks/held/source');
      await expect(lost).rejects.toThrow('lease lost');
    });
  });

  test('a download that nobody waits for any more ends, and its file is gone', () => {
    const answer = (exchange: Exchange): Reply => (exchange.method === 'HEAD' ? answerWithKey(exchange) : 'hang');
    return withCache(answer, async ({ cache, server, folder }) => {
      const stop = new AbortController();
      const cancelled = cache.with({ key: 'one' }, accessOf('one'), stop.signal, read);
      cancelled.catch(() => {});
      await until(() => server.count('GET', 'one') === 1);
      stop.abort(new Error('lease lost'));
      await expect(cancelled).rejects.toThrow('lease lost');
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test('closing ends downloads and removes every file', () => {
    const answer = (exchange: Exchange): Reply =>
      exchange.path.includes('slow') && exchange.method === 'GET' ? 'hang' : answerWithKey(exchange);
    return withCache(answer, async ({ cache, server, folder }) => {
      await cache.with({ key: 'one' }, accessOf('one'), never, read);
      const slow = cache.with({ key: 'slow' }, accessOf('slow'), never, read);
      slow.catch(() => {});
      await until(() => server.count('GET', 'slow') === 1);
      await cache.close();
      await expect(slow).rejects.toThrow();
      expect(await readdir(folder)).toEqual([]);
    });
  });
});

describe('the disk', () => {
  test('sources that no task uses make room, one after the other', () =>
    withDisk(SMALL_DISK, async ({ cache, folder, server }) => {
      await cache.with({ key: 'a-120' }, accessOf('a-120'), never, read);
      await cache.with({ key: 'b-120' }, accessOf('b-120'), never, read);
      await cache.with({ key: 'c-150' }, accessOf('c-150'), never, read);
      expect(await readdir(folder)).toHaveLength(2);
      await cache.with({ key: 'b-120' }, accessOf('b-120'), never, read);
      expect([server.count('GET', 'a-120'), server.count('GET', 'b-120')]).toEqual([1, 1]);
    }));

  test('a source waits for those in use, and a later, smaller one behind it', () => {
    let reads = 0;
    const readDisk = (folder: string): Promise<Disk> => {
      reads += 1;
      return diskWith(SMALL_DISK)(folder);
    };
    const use = async ({ cache, server }: Setting): Promise<void> => {
      const done = Promise.withResolvers<void>();
      const using = cache.with({ key: 'a-200' }, accessOf('a-200'), never, () => done.promise);
      await until(() => server.count('GET', 'a-200') === 1);
      const readsBefore = reads;
      const large = cache.with({ key: 'b-250' }, accessOf('b-250'), never, read);
      // Its turn has come: it asks for room.
      await until(() => reads > readsBefore);
      const small = cache.with({ key: 'c-10' }, accessOf('c-10'), never, read);
      await until(() => server.count('HEAD', 'c-10') === 1);
      const smaller = cache.with({ key: 'd-5' }, accessOf('d-5'), never, read);
      await until(() => server.count('HEAD', 'd-5') === 1);
      // There would be room for both. In which order the server gets their requests afterwards is up to the network.
      expect(server.exchanges.filter(({ method }) => method === 'GET')).toHaveLength(1);
      done.resolve();
      await Promise.all([using, large, small, smaller]);
    };
    return withCache(answerBySize, use, readDisk, Infinity);
  });

  test('a source waits for one of which a part is written: that part is not missing twice', async () => {
    const written = Promise.withResolvers<void>();
    const answer = async (exchange: Exchange): Promise<Reply> => {
      await (exchange.method === 'GET' ? written.promise : undefined);
      return answerBySize(exchange);
    };
    let reads = 0;
    // The third time, the file of the first download is there in full, though the download is not over.
    const readDisk = async (folder: string): Promise<Disk> => {
      reads += 1;
      return reads === 3 ? { ...SMALL_DISK, freeBytes: 200 } : diskWith(SMALL_DISK)(folder);
    };
    await withCache(
      answer,
      async ({ cache, server }) => {
        const first = cache.with({ key: 'a-200' }, accessOf('a-200'), never, read);
        await until(() => server.count('GET', 'a-200') === 1);
        const second = cache.with({ key: 'b-250' }, accessOf('b-250'), never, read);
        second.catch(() => {});
        await until(() => reads === 3);
        written.resolve();
        await first;
        expect(await second).toHaveLength(250);
      },
      readDisk,
      Infinity,
    );
  });

  test('a task that waits for room can be cancelled', () =>
    withDisk(SMALL_DISK, async ({ cache, server }) => {
      const done = Promise.withResolvers<void>();
      const using = cache.with({ key: 'a-200' }, accessOf('a-200'), never, () => done.promise);
      const stop = new AbortController();
      const waiting = cache.with({ key: 'b-250' }, accessOf('b-250'), stop.signal, read);
      waiting.catch(() => {});
      await until(() => server.count('HEAD', 'b-250') === 1);
      stop.abort(new Error('lease lost'));
      await expect(waiting).rejects.toThrow('lease lost');
      done.resolve();
      await using;
      expect(server.count('GET', 'b-250')).toBe(0);
    }));

  test.each([
    ['never has room: source_too_large', 'source_too_large', SMALL_DISK, 301],
    ['has no room now: resource_limit', 'resource_limit', { sizeBytes: 4000, freeBytes: 400 }, 301],
  ])('%s, and no idle source is lost for it', (_, code, disk, size) =>
    withDisk(disk, async ({ cache, folder, server }) => {
      await cache.with({ key: 'a-10' }, accessOf('a-10'), never, read);
      await expect(cache.with({ key: `b-${size}` }, accessOf(`b-${size}`), never, read)).rejects.toMatchObject({
        code,
      });
      expect(server.count('GET', `b-${size}`)).toBe(0);
      expect(await readdir(folder)).toHaveLength(1);
    }),
  );

  test('a quota that the disk does not tell of holds, less what slots need', async () => {
    const disk = async () => ({ sizeBytes: 500 * SLOT_BYTES, freeBytes: 400 * SLOT_BYTES });
    const room = await measureSourceRoom(disk, { slots: 2, workBytes: 25 * SLOT_BYTES });
    expect(room.largestBytes).toBe(23 * SLOT_BYTES);
    expect(await room.freeBytes({ bytes: 20 * SLOT_BYTES, unwrittenBytes: 0 })).toBe(3 * SLOT_BYTES);
    const whole = await measureSourceRoom(disk, { slots: 2 });
    expect(whole.largestBytes).toBe(498 * SLOT_BYTES);
    // What is still being downloaded is not in what the disk says.
    expect(await whole.freeBytes({ bytes: 20 * SLOT_BYTES, unwrittenBytes: 10 * SLOT_BYTES })).toBe(388 * SLOT_BYTES);
  });
});
