/** Follows the catalog and prints a watch link of each asset as soon as it plays, and its warnings when it is ready. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, ApiError } from '../client/api.ts';
import type { Schemas } from '../client/api-types.ts';
import type { Display } from '../client/cli/progress.ts';
import { followJob, type JobProgress } from '../client/follow-job.ts';
import { signLink } from './sign-link.ts';

type Asset = Schemas['Asset'];

/** One link lasts for a day's work. */
const LINK_SECONDS = 24 * 3600;
/** The largest page of the list. */
const PAGE_LIMIT = 100;
const BUSY_POLL_MS = 1_000;
/** While nothing is under way. An asset may still be created through the API. */
const IDLE_POLL_MS = 3_000;
/** After 20 s of failed polls the Worker counts as gone. */
const FAILURES_MAX = 20;

const isUnderWay = ({ status }: Asset): boolean => status === 'waiting' || status === 'queued' || status === 'encoding';

/** From its source, or an early rendition of it, or the whole. */
const plays = ({ ready }: Asset): boolean => ready !== 'no';

/**
 * Runs until the signal aborts. Watches the newest 100 assets, and older ones that it has seen under way. `expectsAssets`: one
 * is to come soon.
 */
export async function watchAssets(
  api: Api,
  display: Display,
  signal: AbortSignal,
  expectsAssets: () => boolean,
): Promise<void> {
  const paces = new Map<string, JobProgress | null>();
  const settled = new Map<string, Asset['status']>();
  const linked = new Set<string>();
  let underWay: Asset[] = [];
  let failures = 0;
  while (!signal.aborted) {
    try {
      const assets = await readAssets(api, underWay);
      underWay = assets.filter(isUnderWay);
      for (const asset of assets) {
        const wasLinked = linked.has(asset.id);
        if (plays(asset) && !wasLinked) {
          await announceLink(api, display, asset.id);
          linked.add(asset.id);
        }
        if (settled.get(asset.id) !== asset.status) {
          announceEnd(display, asset, wasLinked);
          settled.set(asset.id, asset.status);
        }
      }
      for (const job of underWay.flatMap((asset) => asset.job?.id ?? [])) {
        followOnce(api, job, paces, signal);
      }
      display.show(underWay.map((asset) => ({ ...asset, ...paces.get(asset.job?.id ?? '') })));
      failures = 0;
    } catch (error) {
      failures += 1;
      if (signal.aborted || failures > FAILURES_MAX) {
        throw error;
      }
    }
    const pauseMs = underWay.length > 0 || failures > 0 || expectsAssets() ? BUSY_POLL_MS : IDLE_POLL_MS;
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** As many as the terminal shows lines for. */
const FOLLOWED_MAX = 8;

/** Keeps a job's latest progress until the job ends. If its stream fails, polling still shows the asset's progress. */
function followOnce(api: Api, job: string, paces: Map<string, JobProgress | null>, signal: AbortSignal): void {
  if (paces.has(job) || paces.size >= FOLLOWED_MAX) {
    return;
  }
  paces.set(job, null);
  void followJob(api, job, (progress) => paces.set(job, progress), signal)
    .catch(() => {})
    .finally(() => paces.delete(job));
}

/** Oldest first, so that the newest asset is printed last. */
async function readAssets(api: Api, underWay: readonly Asset[]): Promise<Asset[]> {
  const { assets: newest } = await api.call('GET /assets', { query: { limit: PAGE_LIMIT } });
  const listed = new Set(newest.map(({ id }) => id));
  const older = underWay.filter(({ id }) => !listed.has(id));
  const known = await Promise.all(older.map(({ id }) => unlessDeleted(api.call('GET /assets/{id}', { path: { id } }))));
  return [...known.filter((asset) => asset !== null), ...newest.reverse()];
}

/** An asset may be deleted between two calls, which is not an error. */
const unlessDeleted = <T>(call: Promise<T>): Promise<T | null> =>
  call.catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) {
      return null;
    }
    throw error;
  });

async function announceLink(api: Api, display: Display, id: string): Promise<void> {
  const link = await unlessDeleted(signLink(api, id, LINK_SECONDS));
  if (link !== null) {
    display.print(`watch ${id} ${link.watch}`);
  }
}

/** `playedBefore`: from its source, or in part. */
function announceEnd(display: Display, { id, status, error, warnings }: Asset, playedBefore: boolean): void {
  if (status === 'ready') {
    if (playedBefore) {
      display.print(`encoded ${id}`);
    }
    for (const { code, message, at } of warnings) {
      display.printError(`warning ${id} ${code}${at === undefined ? '' : ` at ${at.toFixed(2)} s`}: ${message}`);
    }
  } else if (status === 'failed') {
    const { code, message } = error ?? { code: 'unknown', message: 'no reason given' };
    display.printError(`failed ${id} ${code}: ${message}`);
  }
}
