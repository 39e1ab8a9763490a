/** The bucket's client against a bucket that misbehaves. How it gets on with a real one, test/e2e shows. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_TRIES } from '../../encoder/retry.ts';
import { ObjectStore } from '../../encoder/store.ts';
import { type Exchange, type FakeServer, inTurn, type Reply, until, withServer } from './fake-server.ts';

const never = new AbortController().signal;
const BYTES = new TextEncoder().encode('a segment');
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const UNAVAILABLE = { status: 503, body: 'slow down' } as const;

const storeAt = (url: string): ObjectStore =>
  new ObjectStore({
    endpoint: `${url}/s3`,
    bucket: 'media',
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'the-secret',
    retry: { firstPauseMs: 1 },
  });

const withStore = <T>(
  answer: (exchange: Exchange) => Reply | Promise<Reply>,
  use: (store: ObjectStore, server: FakeServer) => Promise<T>,
): Promise<T> => withServer(answer, (server) => use(storeAt(server.url), server));

describe('writing', () => {
  const put = (store: ObjectStore, signal = never) =>
    store.putImmutable('a/b/1.m4s', BYTES, 'video/iso.segment', signal);

  test('is conditional, typed and signed', () =>
    withStore(inTurn({ status: 200 }), async (store, { exchanges }) => {
      expect(await put(store)).toBe(true);
      expect(exchanges).toHaveLength(1);
      expect(exchanges[0]).toMatchObject({ method: 'PUT', path: '/s3/media/a/b/1.m4s', body: Buffer.from(BYTES) });
      expect(exchanges[0]?.headers).toMatchObject({ 'if-none-match': '*', 'content-type': 'video/iso.segment' });
      expect(exchanges[0]?.headers['authorization']).toMatch(/^AWS4-HMAC-SHA256 /);
    }));

  test.each([
    ['5xx', UNAVAILABLE],
    ['429', { status: 429 }],
    ['a dropped connection', 'drop'],
  ] as const)('is tried again after %s', (_, failure) =>
    withStore(inTurn(failure, failure, { status: 200 }), async (store, { exchanges }) => {
      expect(await put(store)).toBe(true);
      expect(exchanges).toHaveLength(3);
    }),
  );

  test('an answer that got lost is no conflict: what stands there are our own bytes', () => {
    const answer = inTurn('drop', { status: 412 }, { status: 200, headers: { etag: `"${md5(BYTES)}"` } });
    return withStore(answer, async (store, { exchanges }) => {
      expect(await put(store)).toBe(true);
      expect(exchanges.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'HEAD']);
    });
  });

  test('other bytes under the same key are a conflict', () => {
    const answer = inTurn({ status: 412 }, { status: 200, headers: { etag: `"${md5(randomBytes(9))}"` } });
    return withStore(answer, async (store) => {
      expect(await put(store)).toBe(false);
    });
  });

  test('a refusal is final, and tells neither key id nor what was signed', () => {
    const body =
      '<Error><Code>SignatureDoesNotMatch</Code><Message>No match.</Message><AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId>' +
      '<StringToSign>AWS4-HMAC-SHA256 20261120</StringToSign></Error>';
    return withStore(inTurn({ status: 403, body }), async (store, { exchanges }) => {
      const failure = await put(store).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'store_failed', detail: 'SignatureDoesNotMatch: No match.' });
      expect(exchanges).toHaveLength(1);
    });
  });

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
    withStore(inTurn({ status: 200, headers: { 'content-length': '17' } }, { status: 404 }), async (store) => {
      expect(await store.size('sources/x/film.mp4', never)).toBe(17);
      expect(await store.size('sources/x/film.mp4', never)).toBeNull();
    }));

  test('keys are escaped step by step', () =>
    withStore(inTurn({ status: 404 }), async (store, { exchanges }) => {
      await store.size('sources/a b/ü?#.mp4', never);
      expect(exchanges[0]?.path).toBe('/s3/media/sources/a%20b/%C3%BC%3F%23.mp4');
    }));

  test('blocks are put together in order; one that was cut is fetched again', () => {
    let cut = 0;
    const answer = (exchange: Exchange): Reply => {
      const body = rangeOf(exchange);
      return { status: 206, body, ...(cut++ === 1 ? { cutAfter: 1000 } : {}) };
    };
    return withStore(answer, (store, { exchanges }) =>
      withFile(async (path) => {
        await store.download('sources/x/film', film.length, path, never);
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
        const told = store.download('sources/x/film', film.length, path, never);
        await expect(told).rejects.toMatchObject({ code: 'store_failed', message: expect.stringContaining('404') });
        expect(exchanges.length).toBeLessThanOrEqual(3);
      }),
    );
  });
});
