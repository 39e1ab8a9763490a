/** Follows the live numbers while the page is visible, and reopens the stream when it ends. */
import { type Api, ApiError } from '../../../client/api.ts';
import type { Schemas } from '../../../client/api-types.ts';
import { type CallFailure, callFailureOf } from './call-failure.ts';

const RETRY_MS = 1_000;
const RETRY_MS_MAX = 15_000;

export type Live = Schemas['LiveViews'];

export type LiveFeed = {
  onLive(live: Live): void;
  onState(state: 'live' | 'reconnecting'): void;
  /** The token or the asset is refused, so a retry would not help. */
  onRefused(failure: CallFailure): void;
};

/** Runs until the signal aborts or a call is refused. */
export function followLive(api: Api, assetId: string, feed: LiveFeed, signal: AbortSignal): void {
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
      const options = { path: { id: assetId }, signal: connection.signal };
      for await (const { event, data } of api.follow('GET /assets/{id}/views/events', options)) {
        if (event === 'views') {
          failures = 0;
          feed.onState('live');
          feed.onLive(data);
        }
      }
    } catch (error) {
      failures += 1;
      if (!signal.aborted && error instanceof ApiError && [401, 403, 404].includes(error.status)) {
        feed.onRefused(callFailureOf(error));
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
