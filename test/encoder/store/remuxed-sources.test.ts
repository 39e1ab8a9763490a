import { readdir, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RemuxFile } from '../../../encoder/store/source-cache.ts';
import {
  accessOf,
  answerWithKey,
  copyWhole,
  MAX_BYTES,
  never,
  REMUX,
  read,
  type Setting,
  SMALL_DISK,
  withCache,
  withDisk,
} from './cache-setting.ts';

describe('remuxed sources', () => {
  test('only the copy stays, and it is made once for tasks at the same time', () =>
    withCache(answerWithKey, async ({ cache, folder, server }) => {
      const remuxed = { key: 'one', remux: REMUX };
      const readCopy = async (path: string): Promise<string> => {
        expect(await readdir(folder)).toEqual([basename(path)]);
        return await read(path);
      };
      const reads = [1, 2].map(() => cache.with(remuxed, accessOf('one'), never, readCopy));
      expect(await Promise.all(reads)).toEqual(['/v1/tasks/one/source', '/v1/tasks/one/source']);
      await cache.with(remuxed, accessOf('one'), never, readCopy);
      expect(server.count('GET', 'one')).toBe(1);
      await cache.with({ key: 'one', remux: { ...REMUX, streams: [1] } }, accessOf('one'), never, read);
      expect(server.count('GET', 'one')).toBe(2);
    }));

  test('a source that is here is not downloaded again, and goes when nobody reads it', () =>
    withCache(answerWithKey, async ({ cache, folder, server }) => {
      await cache.with({ key: 'one' }, accessOf('one'), never, read);
      await cache.with({ key: 'one', remux: REMUX }, accessOf('one'), never, read);
      expect(server.count('GET', 'one')).toBe(1);
      expect((await readdir(folder)).map((name) => extname(name))).toEqual(['.nut']);
      await cache.with({ key: 'two' }, accessOf('two'), never, async (rawPath) => {
        await cache.with({ key: 'two', remux: REMUX }, accessOf('two'), never, read);
        expect(await read(rawPath)).toBe('/v1/tasks/two/source');
      });
      expect(server.count('GET', 'two')).toBe(1);
    }));

  test.each([
    ['copying', async () => Promise.reject(new Error('broken'))],
    [
      'a copy of which a part is written',
      async (_: string, __: unknown, copyPath: string) => {
        await writeFile(copyPath, 'half');
        throw new Error('broken');
      },
    ],
  ] as [string, RemuxFile][])('a failure of %s leaves no file and is not remembered', (_, fail) => {
    let failures = 0;
    const once: RemuxFile = async (...args) => {
      failures += 1;
      await (failures === 1 ? fail : copyWhole)(...args);
    };
    const use = async ({ cache, folder }: Setting): Promise<void> => {
      const ref = { key: 'one', remux: REMUX };
      await expect(cache.with(ref, accessOf('one'), never, read)).rejects.toThrow('broken');
      expect(await readdir(folder)).toEqual([]);
      expect(await cache.with(ref, accessOf('one'), never, read)).toBe('/v1/tasks/one/source');
    };
    return withCache(answerWithKey, use, undefined, MAX_BYTES, once);
  });

  test('a task that is cancelled ends the copying if no other waits for it', () => {
    const begun = Promise.withResolvers<void>();
    const untilStopped: RemuxFile = (_, __, ___, signal) => {
      begun.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const use = async ({ cache, folder }: Setting): Promise<void> => {
      const stop = new AbortController();
      const waiting = cache.with({ key: 'one', remux: REMUX }, accessOf('one'), stop.signal, read);
      waiting.catch(() => {});
      await begun.promise;
      stop.abort(new Error('lease lost'));
      await expect(waiting).rejects.toThrow('lease lost');
      expect(await readdir(folder)).toEqual([]);
    };
    return withCache(answerWithKey, use, undefined, MAX_BYTES, untilStopped);
  });

  test('two copies that only fit one after the other do not wait for each other', () =>
    withDisk(SMALL_DISK, async ({ cache }) => {
      const keys = ['a-100', 'b-100', 'c-100'];
      for (const key of keys) {
        await cache.with({ key }, accessOf(key), never, read);
      }
      const copies = keys.map((key) => cache.with({ key, remux: REMUX }, accessOf(key), never, read));
      expect((await Promise.all(copies)).map(({ length }) => length)).toEqual([100, 100, 100]);
    }));

  test('a source without room for its copy is too large', () =>
    withDisk(SMALL_DISK, async ({ cache, server }) => {
      const refused = cache.with({ key: 'a-150', remux: REMUX }, accessOf('a-150'), never, read);
      await expect(refused).rejects.toMatchObject({ code: 'source_too_large' });
      expect(server.count('GET', 'a-150')).toBe(0);
    }));
});
