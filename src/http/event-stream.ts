/** Server-sent events (WHATWG HTML 9.2) of what is looked at again and again: the rhythm, and how many may be open. */

import type { z } from '@hono/zod-openapi';
import { AppError } from '../errors.ts';
import { log } from '../platform/log.ts';

/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** Then the client comes back, to whichever isolate: a deployment moves streams within this time. */
export const MAX_STREAM_MS = 5 * 60_000;
/** How soon it comes back. */
const RECONNECT_MS = 1_000;

export const EVENT_STREAM_TYPE = 'text/event-stream';

/** For `createRoute({responses})`; the schema is of one event, since OpenAPI 3.1 has no words for a stream of them. */
export const eventStreamResponse = (schema: z.ZodType) => ({
  description: 'Server-sent events, each of this form',
  content: { [EVENT_STREAM_TYPE]: { schema } },
});

export type StreamClock = { now(): number; wait(ms: number): Promise<void> };

/** What is told after one look, each as `eventText` writes it; `last`: there will be no more. */
export type Look = { events: readonly string[]; last?: boolean };

export const eventText = (event: string, data: unknown, id?: string): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

/** Yields text until a look is the last one or time is up. */
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

/** Open streams of one isolate, with a bound. */
export class StreamPlaces {
  readonly #max: number;
  /**
   * When each ends at the latest. A stream takes itself out; one whose client went away may be ended by the runtime
   * without a word, and counts until its time is up.
   */
  readonly #openUntil = new Map<symbol, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Throws AppError `streams_full`. */
  open(events: AsyncGenerator<string>, nowMs: number): ReadableStream<Uint8Array> {
    const place = this.#take(nowMs);
    const encoder = new TextEncoder();
    const leave = () => this.#openUntil.delete(place);
    return new ReadableStream({
      async pull(controller) {
        // A failure in between ends the stream; the client comes back and is told the whole state.
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

  #take(nowMs: number): symbol {
    for (const [place, until] of this.#openUntil) {
      if (until <= nowMs) {
        this.#openUntil.delete(place);
      }
    }
    if (this.#openUntil.size >= this.#max) {
      throw new AppError('streams_full', { headers: { 'retry-after': '10' } });
    }
    const place = Symbol('stream');
    this.#openUntil.set(place, nowMs + MAX_STREAM_MS);
    return place;
  }
}
