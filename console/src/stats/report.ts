/** Everything that a token opens: the asset's title, the live numbers, the pictures; kept fresh for as long as it is seen. */
import { element } from '../element.ts';
import { type CallError, connectApi } from './api.ts';
import type { Card } from './card.ts';
import { followLive } from './live-feed.ts';
import type { createLiveTiles } from './live-tiles.ts';
import { type Live, titleOf } from './shapes.ts';

/** How often pictures follow numbers that have changed, and that have not: a minute may have begun. */
const REFRESH_MS = 5_000;
const REFRESH_IDLE_MS = 60_000;
const TICK_MS = 1_000;

export type ReportOptions = {
  assetId: string;
  token: string;
  cards: readonly Card[];
  tiles: ReturnType<typeof createLiveTiles>;
  /** The token, or the asset, is none. */
  onRefused(error: CallError): void;
  signal: AbortSignal;
};

/** Resolves once the asset is known to be there and its title is shown. Throws CallError. */
export async function openReport({ assetId, token, cards, tiles, onRefused, signal }: ReportOptions): Promise<void> {
  const api = connectApi(assetId, token);
  const title = titleOf(await api.json(''));
  if (signal.aborted) {
    return;
  }
  element('title', HTMLElement).textContent = title || assetId;
  document.title = `${title || assetId} · Statistics · Sluice`;

  const problem = element('refresh-problem', HTMLElement);
  const onFailure = (error: CallError): void => {
    if (signal.aborted) {
      return;
    }
    if (error.status === 401 || error.status === 404) {
      onRefused(error);
    } else {
      problem.textContent = `Not up to date: ${[error.message, error.detail].filter(Boolean).join('. ')}`;
    }
  };
  let refreshedAtMs = 0;
  let hasNews = false;
  let told: Live | null = null;
  const refresh = async (): Promise<void> => {
    refreshedAtMs = Date.now();
    hasNews = false;
    problem.textContent = '';
    await Promise.all(cards.map((card) => card.refresh({ api, onFailure })));
  };
  const timer = setInterval(() => {
    const waitedMs = Date.now() - refreshedAtMs;
    if (!document.hidden && waitedMs >= (hasNews ? REFRESH_MS : REFRESH_IDLE_MS)) {
      void refresh();
    }
  }, TICK_MS);
  signal.addEventListener('abort', () => clearInterval(timer));

  tiles.set('connecting');
  followLive(
    api,
    {
      onLive(live) {
        hasNews ||= told !== null && (told.views !== live.views || told.minutes !== live.minutes);
        told = live;
        tiles.show(live);
      },
      onState(state) {
        tiles.set(state);
        // The server is back: what could not be read is read now.
        hasNews ||= state === 'live' && problem.textContent !== '';
      },
      onRefused,
    },
    signal,
  );
  void refresh();
}
