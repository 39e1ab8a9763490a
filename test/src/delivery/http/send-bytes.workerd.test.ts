import { describe, expect, test } from 'vitest';
import { bodyOf, PIECE_BYTES } from '../../../../src/delivery/http/send-bytes.ts';
import { SentBuffers } from '../../../../src/delivery/objects/sent-buffers.ts';

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7) % 251);

/** Time by hand: a pause lasts until it is ended. */
function byHand() {
  const pauses: { milliseconds: number; end: () => void }[] = [];
  const pause = (milliseconds: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    pauses.push({ milliseconds, end: resolve });
    return promise;
  };
  return { pauses, sending: { sent: new SentBuffers(1000), now: () => 0, pause } };
}

const BEGINNING = 16 * 1024;

function readerOf(body: Uint8Array | ReadableStream): ReadableStreamBYOBReader {
  expect(body).toBeInstanceOf(ReadableStream);
  return (body as ReadableStream<Uint8Array>).getReader({ mode: 'byob' });
}

/** The next `length` bytes. */
async function take(reader: ReadableStreamBYOBReader, length: number): Promise<Uint8Array> {
  return (await reader.readAtLeast(length, new Uint8Array(length))).value ?? new Uint8Array();
}

describe('an answer from memory', () => {
  test.each([1, PIECE_BYTES])('of %i bytes is written as it is', (length) => {
    const bytes = bytesOf(length);
    expect(bodyOf(bytes, byHand().sending)).toBe(bytes);
  });

  test.each([PIECE_BYTES + 1, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 5])(
    'of %i bytes in pieces, at once',
    async (length) => {
      const { sending, pauses } = byHand();
      const bytes = bytesOf(length);
      const body = new Response(bodyOf(bytes, sending));
      expect(new Uint8Array(await body.arrayBuffer())).toEqual(bytes);
      expect(pauses).toEqual([]);
    },
  );
});

describe('an answer that many others are given at the same moment', () => {
  test('begins, and goes on when the others have begun', async () => {
    const { sending, pauses } = byHand();
    const bytes = bytesOf(PIECE_BYTES + 20_000);
    const reader = readerOf(bodyOf(bytes, { ...sending, crowd: 100 }));
    expect(await take(reader, BEGINNING)).toEqual(bytes.slice(0, BEGINNING));
    await expect.poll(() => pauses.map(({ milliseconds }) => milliseconds)).toEqual([25]);
    const rest = take(reader, bytes.byteLength - BEGINNING);
    expect(await Promise.race([rest, Promise.resolve('paused')])).toBe('paused');
    pauses[0]?.end();
    expect(await rest).toEqual(bytes.slice(BEGINNING));
    expect(pauses).toHaveLength(1);
  });

  test('waits for no crowd longer than a quarter of a second', async () => {
    const { sending, pauses } = byHand();
    const reader = readerOf(bodyOf(bytesOf(20_000), { ...sending, crowd: 1_000_000 }));
    await take(reader, BEGINNING);
    await expect.poll(() => pauses.map(({ milliseconds }) => milliseconds)).toEqual([250]);
    pauses[0]?.end();
    expect(await take(reader, 20_000 - BEGINNING)).toHaveLength(20_000 - BEGINNING);
  });

  test.each([
    ['few of them', 15, 200_000],
    ['it is no larger than a beginning', 1000, BEGINNING],
  ])('is written as it is where there are %s', (_, crowd, length) => {
    const bytes = bytesOf(length);
    expect(bodyOf(bytes, { ...byHand().sending, crowd })).toBe(bytes);
  });

  test('holds on to its buffer during the pause, and lets go when its client leaves', async () => {
    const { sending, pauses } = byHand();
    const bytes = bytesOf(PIECE_BYTES * 2);
    const reader = readerOf(bodyOf(bytes, { ...sending, crowd: 100 }));
    await take(reader, BEGINNING);
    expect(sending.sent.lingeringBytes(0)).toBe(bytes.byteLength);
    await reader.cancel();
    await expect.poll(() => pauses).toHaveLength(1);
    pauses[0]?.end();
    await expect.poll(() => sending.sent.lingeringBytes(0)).toBe(0);
  });
});
