/** Buffers are freed as soon as nobody needs them, and never while somebody does. In workerd, where freeing is real. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PIECE_BYTES } from '../../../../src/delivery/http/send-bytes.ts';
import { serveObject } from '../../../../src/delivery/http/serve-object.ts';
import { trackPolicy } from '../../../../src/delivery/objects/cache-policy.ts';
import {
  type FoundObject,
  type ObjectRead,
  type ObjectSource,
  readParsed,
} from '../../../../src/delivery/objects/objects.ts';
import { SentBuffers } from '../../../../src/delivery/objects/sent-buffers.ts';
import { RememberedObject } from '../../../../src/delivery/tiers/held-object.ts';
import { bytesOf, newMemory, settle, times } from './fakes.ts';

const newObject = (size = 10) =>
  new RememberedObject({ bytes: Uint8Array.from({ length: size }, (_, index) => index), etag: '"k"' });

function found(read: ObjectRead | null): FoundObject & { body: Uint8Array<ArrayBuffer> } {
  if (read?.kind !== 'found' || !(read.body instanceof Uint8Array)) {
    throw new Error('no bytes');
  }
  return { ...read, body: read.body };
}

describe('a buffer', () => {
  test('is given back by whoever reads it as text, also where it is none that was asked for', async () => {
    const object = newObject();
    const source: ObjectSource = {
      head: async () => null,
      get: async () => object.read(undefined, 'memory') ?? { kind: 'missing' },
    };
    const readText = async (maxBytes: number) => (await readParsed(source, 'k', maxBytes, (text) => text))?.value;
    expect(await readText(10)).toHaveLength(10);
    await expect(readText(9)).rejects.toThrow(RangeError);
    expect(object.buffer.detached).toBe(false);
    object.forget();
    expect(object.buffer.detached).toBe(true);
  });

  test('is freed exactly when it is neither remembered nor lent', () => {
    const step = fc.oneof(fc.constant('lend' as const), fc.constant('forget' as const), fc.nat(5));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const object = newObject();
        const loans: (() => void)[] = [];
        const open = new Set<number>();
        let isFreed = false;
        let isForgotten = false;
        for (const what of steps) {
          if (what === 'lend') {
            const read = object.read(undefined, 'memory');
            expect(read === null).toBe(isFreed);
            if (read !== null) {
              open.add(loans.push(found(read).giveBack ?? (() => {})) - 1);
            }
          } else if (what === 'forget') {
            object.forget();
            isForgotten = true;
          } else if (what < loans.length) {
            // Some of them for the second time.
            loans[what]?.();
            open.delete(what);
          }
          isFreed ||= isForgotten && open.size === 0;
          expect(object.buffer.detached).toBe(isFreed);
        }
      }),
    );
  });

  test('is not lent by a range that it cannot satisfy', () => {
    const object = newObject();
    expect(object.read({ offset: 10 }, 'memory')).toEqual({ kind: 'unsatisfiable', size: 10 });
    object.forget();
    expect(object.buffer.detached).toBe(true);
  });

  test('may be freed once a Response, or a copy for the edge cache, is made of it', async () => {
    const cache = await caches.open(crypto.randomUUID());
    const object = newObject(1000);
    const { body, giveBack } = found(object.read(undefined, 'memory'));
    const expected = body.slice();
    const response = new Response(body);
    const put = cache.put('https://k.invalid/', new Response(body, { headers: { 'cache-control': 'max-age=60' } }));
    object.forget();
    giveBack?.();
    expect(object.buffer.detached).toBe(true);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(expected);
    await put;
    const stored = await cache.match('https://k.invalid/');
    expect(new Uint8Array((await stored?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(expected);
  });
});

/** Room for one object of this size. */
function newServer(size: number) {
  const memory = newMemory({ bytesMax: size + 600, budgetBytes: 10 * size });
  const isolate = { objects: memory.tier, sent: new SentBuffers(1000) };
  const policy = trackPolicy('segment', 'v720');
  const serve = (key: string, headers: HeadersInit = {}) =>
    serveObject({ isolate, key, request: new Request('https://x.invalid/', { headers }), policy });
  return { ...memory, serve };
}

/** Of the object that the tier remembers now. */
async function bufferOf({ tier }: Pick<ReturnType<typeof newServer>, 'tier'>, key: string): Promise<ArrayBuffer> {
  const { body, giveBack } = found(await tier.get(key));
  giveBack?.();
  return body.buffer;
}

describe('an answer', () => {
  test.each([
    ['given whole', 1000, {}],
    ['given whole, of a range', 1000, { range: 'bytes=10-19' }],
    ['written in pieces', 3 * PIECE_BYTES + 7, {}],
    ['written in pieces, of a range', 3 * PIECE_BYTES + 7, { range: `bytes=5-${2 * PIECE_BYTES}` }],
  ])('%s keeps its bytes when they are forgotten meanwhile, and frees them at its end', async (_, size, headers) => {
    const server = newServer(size);
    const bytes = server.source.put('k', size);
    server.source.put('other', size);
    const answer = await server.serve('k', headers);
    const buffer = await bufferOf(server, 'k');
    const read = answer.body?.getReader();
    const first = await read?.read();
    await (await server.serve('other')).arrayBuffer();
    const received = [...(first?.value ?? [])];
    for (let next = await read?.read(); next?.done === false; next = await read?.read()) {
      received.push(...next.value);
    }
    const [from, to] = answer.headers.get('content-range')?.match(/\d+/g)?.map(Number) ?? [0, size - 1];
    expect(new Uint8Array(received)).toEqual(bytes.slice(from, (to ?? 0) + 1));
    await settle();
    expect(buffer.detached).toBe(true);
  });

  test('of each of many that wait for one object is whole, though the first has let go of it and it is forgotten', async () => {
    // No room at all: forgotten in the moment it is there.
    const { source, tier } = newMemory({ bytesMax: 1 });
    const bytes = source.put('k', 1000);
    const reads = times(20, async () => {
      const read = await tier.get('k');
      const received = await bytesOf({ ...read });
      return { read, received };
    });
    const first = tier.get('k').then((read) => found(read).giveBack?.());
    for (const { read, received } of await Promise.all(reads)) {
      expect(received).toEqual(bytes);
      expect(read).toMatchObject({ size: 1000 });
    }
    await first;
  });

  test('that comes to a freed object reads for itself', async () => {
    const { source, tier } = newMemory({ bytesMax: 1 });
    const bytes = source.put('k', 1000);
    const copies = await Promise.all(
      times(20, async () => {
        const read = await tier.get('k');
        const copy = read.kind === 'found' && read.body instanceof Uint8Array ? read.body.slice() : await bytesOf(read);
        if (read.kind === 'found') {
          read.giveBack?.();
        }
        return copy;
      }),
    );
    expect(copies).toEqual(Array(20).fill(bytes));
  });
});
