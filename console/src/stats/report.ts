/** The report of an asset: title, live numbers and charts. It is refreshed while the page is visible. */
import { createClient } from '../../../client/api.ts';
import { element } from '../element.ts';
import type { CallFailure } from './call-failure.ts';
import type { Card } from './card.ts';
import { followLive, type Live } from './live-feed.ts';
import type { createLiveTiles } from './live-tiles.ts';

/** How often charts are refreshed after the live numbers have changed, and otherwise. */
const REFRESH_MS = 5_000;
const REFRESH_IDLE_MS = 60_000;
const TICK_MS = 1_000;
/** Longer than the server waits for its counter. */
const CALL_MS = 15_000;

export type ReportOptions = {
  assetId: string;
  token: string;
  cards: readonly Card[];
  tiles: ReturnType<typeof createLiveTiles>;
  /** The token is not accepted, or the asset does not exist. */
  onRefused(failure: CallFailure): void;
  signal: AbortSignal;
};

/** Resolves once the asset has been found and its title is shown. Throws ApiError. */
export async function openReport({ assetId, token, cards, tiles, onRefused, signal }: ReportOptions): Promise<void> {
  const api = createClient({ server: location.href, token, timeoutMs: CALL_MS });
  const { title } = await api.call('GET /assets/{id}', { path: { id: assetId } });
  if (signal.aborted) {
    return;
  }
  element('title', HTMLElement).textContent = title || assetId;
  document.title = `${title || assetId} · Statistics · Sluice`;

  const problem = element('refresh-problem', HTMLElement);
  const onFailure = (failure: CallFailure): void => {
    if (signal.aborted) {
      return;
    }
    if (failure.status === 401 || failure.status === 404) {
      onRefused(failure);
    } else {
      problem.textContent = `Could not refresh: ${[failure.title, failure.detail].filter(Boolean).join('. ')}`;
    }
  };
  let refreshedAtMs = 0;
  let hasNews = false;
  let told: Live | null = null;
  const refresh = async (): Promise<void> => {
    refreshedAtMs = Date.now();
    hasNews = false;
    problem.textContent = '';
    await Promise.all(cards.map((card) => card.refresh({ api, assetId, onFailure })));
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
    assetId,
    {
      onLive(live) {
        hasNews ||= told !== null && (told.views !== live.views || told.minutes !== live.minutes);
        told = live;
        tiles.show(live);
      },
      onState(state) {
        tiles.set(state);
        // The server is back, so refresh what failed before.
        hasNews ||= state === 'live' && problem.textContent !== '';
      },
      onRefused,
    },
    signal,
  );
  void refresh();
}
