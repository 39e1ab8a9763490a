/** Server-sent events (WHATWG HTML 9.2) of state that is polled: the rhythm, and how many streams may be open. */

import type { z } from '@hono/zod-openapi';
import { AppError } from '../errors.ts';
import { log } from '../platform/log.ts';

/** Proxies close streams that are silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** Then the client reconnects, to any isolate: a deployment moves streams within this time. */
export const MAX_STREAM_MS = 5 * 60_000;
const RECONNECT_MS = 1_000;

export const EVENT_STREAM_TYPE = 'text/event-stream';

/** For `createRoute({responses})`. The schema is of one event: OpenAPI 3.1 cannot describe a stream of them. */
export const eventStreamResponse = (schema: z.ZodType) => ({
  description: 'Server-sent events, each of this form',
  content: { [EVENT_STREAM_TYPE]: { schema } },
});

export type StreamClock = { now(): number; wait(ms: number): Promise<void> };

/** The events to send after one poll, each made by `eventText`; `last`: there will be no more. */
export type Look = { events: readonly string[]; last?: boolean };

export const eventText = (event: string, data: unknown, id?: string): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

/** Yields text until a look is the last one or MAX_STREAM_MS is over. */
export async function* lookAgain(
  { now, wait }: StreamClock,
  pollMs: number,
  look: () => Promise<Look>,
): AsyncGenerator<string> {
  const endsAt = now() + MAX_STREAM_MS;
  let spokenAt = now();
  yield `retry: ${RECONNECT_MS}\n\n`;
  while (now() < endsAt) {
    const { events, last = false } = await look();
    for (const text of events) {
      yield text;
      spokenAt = now();
    }
    if (last) {
      return;
    }
    if (now() - spokenAt >= HEARTBEAT_MS) {
      yield ': still here\n\n';
      spokenAt = now();
    }
    await wait(pollMs);
  }
}

/** The open streams of one isolate, at most `max`. */
export class StreamPlaces {
  readonly #max: number;
  /**
   * When each ends at the latest. A stream removes itself; one whose client went away may be ended by the runtime without
   * notice, and counts until its time is up.
   */
  readonly #openUntil = new Map<AsyncGenerator<string>, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Throws AppError `streams_full`. */
  open(events: AsyncGenerator<string>, nowMs: number): ReadableStream<Uint8Array> {
    for (const [open, until] of this.#openUntil) {
      if (until <= nowMs) {
        this.#openUntil.delete(open);
      }
    }
    if (this.#openUntil.size >= this.#max) {
      throw new AppError('streams_full', { headers: { 'retry-after': '10' } });
    }
    this.#openUntil.set(events, nowMs + MAX_STREAM_MS);
    const leave = () => this.#openUntil.delete(events);
    const encoder = new TextEncoder();
    return new ReadableStream({
      async pull(controller) {
        // A failure ends the stream; the client reconnects and is sent the whole state.
        const next = await events.next().catch((error: unknown) => {
          log.warn({ event: 'stream_broken', reason: String(error) });
          return { done: true, value: undefined } as const;
        });
        if (next.done === true) {
          leave();
          controller.close();
        } else {
          controller.enqueue(encoder.encode(next.value));
        }
      },
      async cancel() {
        leave();
        await events.return(undefined);
      },
    });
  }
}
