import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { followEvents } from '../../client/event-stream.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A stream of these pieces; one that is `open` says nothing more and does not end. */
const responseOf = (pieces: readonly Uint8Array[], open = false): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) {
          controller.enqueue(piece);
        }
        if (!open) {
          controller.close();
        }
      },
    }),
  );

async function readAll(pieces: readonly Uint8Array[]): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of followEvents(async () => responseOf(pieces))) {
    events.push(event);
  }
  return events;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a stream of events', () => {
  test.each([
    ['one', 'event: views\ndata: {"views":1}\n\n', [{ event: 'views', data: { views: 1 } }]],
    ['carriage returns', 'event: views\r\ndata: 1\r\n\r\n', [{ event: 'views', data: 1 }]],
    ['no type', 'data: 1\n\n', [{ data: 1 }]],
    ['several lines of data', 'data: [1,\ndata:2]\n\n', [{ data: [1, 2] }]],
    ['a comment and a delay', ': still here\n\nretry: 1000\n\n', []],
    ['one without an end', 'data: 1\n', []],
    ['ids', 'id: 4\ndata: 1\n\n', [{ id: '4', data: 1 }]],
    ['nothing', '', []],
  ])('%s', async (_, text, expected) => {
    expect(await readAll([bytesOf(text)])).toEqual(expected);
  });

  test('is the same however it is cut, also inside a character', async () => {
    const values = fc.array(fc.record({ views: fc.nat(), note: fc.string({ unit: 'grapheme' }) }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(values, fc.array(fc.nat({ max: 40 }), { minLength: 1 }), async (events, sizes) => {
        const text = events.map((event) => `event: views\ndata: ${JSON.stringify(event)}\n\n: tick\n\n`).join('');
        const bytes = bytesOf(text);
        const pieces: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = (sizes[turn % sizes.length] ?? 0) + 1;
          pieces.push(bytes.slice(at, at + size));
          at += size;
        }
        expect(await readAll(pieces)).toEqual(events.map((data) => ({ event: 'views', data })));
      }),
    );
  });

  test('that never ends an event is given up', async () => {
    const pieces = Array.from({ length: 100 }, () => bytesOf(`data: ${'x'.repeat(20_000)}\n`));
    await expect(readAll(pieces)).rejects.toThrow();
  });

  test('that answers without a body has no events', async () => {
    const events = followEvents(async () => new Response(null, { status: 204 }));
    expect(await events.next()).toMatchObject({ done: true });
  });

  test('ends its connection when nobody reads on', async () => {
    let connection: AbortSignal | undefined;
    const pieces = [bytesOf('data: 1\n\ndata: 2\n\n')];
    for await (const event of followEvents(async (signal) => {
      connection = signal;
      return responseOf(pieces, true);
    })) {
      expect(event).toEqual({ data: 1 });
      break;
    }
    expect(connection?.aborted).toBe(true);
  });
});

describe('a connection', () => {
  /** As fetch does: its signal breaks the body. */
  const opened = (pieces: readonly Uint8Array[]) => async (signal: AbortSignal) => {
    const { body } = responseOf(pieces, true);
    return new Response(body?.pipeThrough(new TransformStream(), { signal }) ?? null);
  };

  test('that falls silent is given up, and one that only ticks is not', async () => {
    vi.useFakeTimers();
    let tick: (bytes: Uint8Array) => void = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        tick = (bytes) => controller.enqueue(bytes);
      },
    });
    const events = followEvents(async (signal) => new Response(body.pipeThrough(new TransformStream(), { signal })));
    const end = events.next().then(
      () => 'an event',
      (error: unknown) => String(error),
    );
    for (let count = 0; count < 4; count += 1) {
      await vi.advanceTimersByTimeAsync(30_000);
      tick(bytesOf(': still here\n\n'));
    }
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await Promise.race([end, 'still open'])).toBe('still open');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await end).toContain('silent');
  });

  test('ends with its signal', async () => {
    const stop = new AbortController();
    const events = followEvents(opened([bytesOf('data: 1\n\n')]), stop.signal);
    expect(await events.next()).toMatchObject({ value: { data: 1 } });
    const next = events.next();
    stop.abort(new Error('stopped'));
    await expect(next).rejects.toThrow('stopped');
  });
});
