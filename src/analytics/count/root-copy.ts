/** The root's copy of its numbers in the catalog, made by its alarm. */

import { configOf } from '../../config.ts';
import { DAY_MS } from '../../platform/days.ts';
import { log } from '../../platform/log.ts';
import { IN_CATALOG_MS } from '../facts.ts';
import type { CounterStore } from './counter-store.ts';
import { rollUp } from './roll-up.ts';
import type { Root } from './root.ts';
import type { ShardState } from './shard-state.ts';
import { startOf } from './tally.ts';
import type { Retain } from './view-series.ts';

/** Days that a copy catches up with, where none could be made for long. */
const MAX_DAYS = 31;

export type CatalogEnv = { CATALOG: D1Database };
export type CopySource = { assetId: string; store: CounterStore; root: Root; state: ShardState; nowMs: number };

export function retainOf(env: object): Retain {
  const { VIEW_MINUTES_DAYS, VIEW_HOURS_DAYS, VIEW_DAYS_DAYS } = configOf(env);
  return { minutesMs: VIEW_MINUTES_DAYS * DAY_MS, hoursMs: VIEW_HOURS_DAYS * DAY_MS, daysMs: VIEW_DAYS_DAYS * DAY_MS };
}

export const isInCatalog = (store: CounterStore, nowMs: number): boolean =>
  Number(store.note('rolled-day') ?? 0) > nowMs - IN_CATALOG_MS;

export type Copied = 'copied' | 'gone' | 'failed';

/** `gone`: the catalog has no such asset. `failed`: to be tried again; it has been logged. */
export async function copyToCatalog(
  env: CatalogEnv,
  { assetId, store, root, state, nowMs }: CopySource,
): Promise<Copied> {
  const today = startOf(nowMs, DAY_MS);
  // The day that ran at the last copy has been added to since.
  const fromMs = Math.max(Number(store.note('rolled-day') ?? 0), today - MAX_DAYS * DAY_MS);
  const query = { fromMs, toMs: today + DAY_MS, resolution: 'day', by: null } as const;
  const days = root.points(query, state, retainOf(env), nowMs);
  try {
    const isThere = await rollUp(env.CATALOG, { assetId, live: root.live(state, nowMs), days, nowMs });
    if (isThere && fromMs !== today) {
      store.setNote('rolled-day', String(today));
    }
    return isThere ? 'copied' : 'gone';
  } catch (error) {
    log.warn({ event: 'views_not_rolled_up', assetId, reason: String(error) });
    return 'failed';
  }
}
