/**
 * The live numbers, for as long as the page can be seen. EventSource cannot send the API token, so the stream is read with
 * fetch, and opened again when it ends: after five minutes by the server, sooner by whatever is in between.
 */
import { type Api, CallError } from './api.ts';
import { createEventParser } from './event-parser.ts';
import { type Live, liveOf } from './shapes.ts';

const RETRY_MS = 1_000;
const RETRY_MS_MAX = 15_000;
/** The server says something each 15 s; a stream silent for longer is dead, though nobody has told us. */
const SILENCE_MS = 40_000;

export type LiveFeed = {
  onLive(live: Live): void;
  onState(state: 'live' | 'reconnecting'): void;
  /** What a new attempt would not change: the token, or the asset. */
  onRefused(error: CallError): void;
};

/** Runs until the signal aborts or a call is refused. */
export function followLive(api: Api, feed: LiveFeed, signal: AbortSignal): void {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let current: AbortController | null = null;

  const open = async (): Promise<void> => {
    if (document.hidden || current !== null || signal.aborted) {
      return;
    }
    const connection = new AbortController();
    current = connection;
    try {
      await read(api, connection, (live) => {
        failures = 0;
        feed.onState('live');
        feed.onLive(live);
      });
    } catch (error) {
      failures += 1;
      if (!signal.aborted && error instanceof CallError && [401, 403, 404].includes(error.status)) {
        feed.onRefused(error);
        return;
      }
    }
    if (current === connection) {
      current = null;
    }
    if (signal.aborted || document.hidden) {
      return;
    }
    if (failures > 0) {
      feed.onState('reconnecting');
    }
    timer = setTimeout(() => void open(), Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** failures));
  };

  const close = (): void => {
    clearTimeout(timer);
    current?.abort();
    current = null;
  };
  const onVisibility = (): void => {
    close();
    void open();
  };
  document.addEventListener('visibilitychange', onVisibility);
  signal.addEventListener('abort', () => {
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  });
  void open();
}

async function read(api: Api, connection: AbortController, onLive: (live: Live) => void): Promise<void> {
  let silence = setTimeout(() => connection.abort(), SILENCE_MS);
  try {
    const { body } = await api.get('/views/events', connection.signal);
    const parse = createEventParser();
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(), SILENCE_MS);
      for (const { type, data } of parse(next.value)) {
        if (type === 'views') {
          onLive(liveOf(JSON.parse(data)));
        }
      }
    }
  } finally {
    clearTimeout(silence);
    connection.abort();
  }
}
