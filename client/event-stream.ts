/** Reads server-sent events (WHATWG HTML 9.2) with fetch, because EventSource cannot send a bearer token. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** The Worker writes at least every 15 s. A stream that is silent for longer is dead, even if it is still open. */
const SILENCE_MS = 40_000;
/** Ten times the largest event (about 100 KB: the first one of a job with 500 tasks). Bounds an endless event. */
const EVENT_LENGTH_MAX = 1024 * 1024;

/**
 * Yields `{event, id?, data}` until the server ends the stream. `data` is parsed, but its type is not checked. Throws
 * what `open` throws, and when the stream breaks, falls silent or is aborted by `signal`.
 */
export async function* followEvents<Event>(
  open: (signal: AbortSignal) => Promise<Response>,
  signal?: AbortSignal,
): AsyncGenerator<Event> {
  const connection = new AbortController();
  const ends = AbortSignal.any([connection.signal, ...(signal === undefined ? [] : [signal])]);
  const listen = () => setTimeout(() => connection.abort(new Error('the stream is silent')), SILENCE_MS);
  let silence = listen();
  try {
    const { body } = await open(ends);
    const messages: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (message) => messages.push(message), maxBufferSize: EVENT_LENGTH_MAX });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) {
      clearTimeout(silence);
      silence = listen();
      parser.feed(next.value);
      for (const { data, ...message } of messages.splice(0)) {
        yield { ...message, data: JSON.parse(data) } as Event;
      }
    }
  } finally {
    clearTimeout(silence);
    connection.abort();
  }
}
