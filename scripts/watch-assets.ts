/** Follows the catalog and prints a watch link for each asset that gets ready. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, ApiError, type Asset } from './api.ts';
import { followJob, type JobProgress } from './follow-job.ts';
import type { Display } from './progress.ts';

/** Long enough for a day's work with one link. */
const LINK_SECONDS = 24 * 3600;
const BUSY_POLL_MS = 1_000;
/** Nothing is under way: an asset may still come in through the API or the console. */
const IDLE_POLL_MS = 3_000;
/** Half a minute of failed polls is a Worker that will not come back. */
const FAILURES_MAX = 20;

const isUnderWay = ({ status }: Asset): boolean => status === 'waiting' || status === 'queued' || status === 'encoding';

/** Runs until the signal aborts. Sees the newest 100 assets, and older ones for as long as it knows them to be under way. */
export async function watchAssets(
  api: Api,
  worker: { url: string; apiToken: string },
  display: Display,
  signal: AbortSignal,
): Promise<void> {
  const paces = new Map<string, JobProgress | null>();
  const settled = new Map<string, Asset['status']>();
  let underWay: Asset[] = [];
  let failures = 0;
  while (!signal.aborted) {
    try {
      const assets = await readAssets(api, underWay);
      underWay = assets.filter(isUnderWay);
      for (const asset of assets.filter((candidate) => settled.get(candidate.id) !== candidate.status)) {
        await announce(api, display, asset);
        settled.set(asset.id, asset.status);
      }
      for (const job of underWay.flatMap((asset) => asset.job?.id ?? [])) {
        followOnce(job, paces, worker, signal);
      }
      display.show(underWay.map((asset) => ({ ...asset, ...paces.get(asset.job?.id ?? '') })));
      failures = 0;
    } catch (error) {
      failures += 1;
      if (signal.aborted || failures > FAILURES_MAX) {
        throw error;
      }
    }
    const pauseMs = underWay.length > 0 || failures > 0 ? BUSY_POLL_MS : IDLE_POLL_MS;
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** More streams than lines on the terminal would be for nobody. */
const FOLLOWED_MAX = 8;

/** Keeps a job's latest progress until it ends; what its stream does not tell is still polled. */
function followOnce(
  job: string,
  paces: Map<string, JobProgress | null>,
  worker: { url: string; apiToken: string },
  signal: AbortSignal,
): void {
  if (paces.has(job) || paces.size >= FOLLOWED_MAX) {
    return;
  }
  paces.set(job, null);
  void followJob(worker, job, (progress) => paces.set(job, progress), signal)
    .catch(() => {})
    .finally(() => paces.delete(job));
}

/** Oldest first, so that the last line printed is the newest asset. */
async function readAssets(api: Api, underWay: readonly Asset[]): Promise<Asset[]> {
  const newest = await api.listAssets();
  const listed = new Set(newest.map(({ id }) => id));
  const older = underWay.filter(({ id }) => !listed.has(id));
  const known = await Promise.all(older.map(({ id }) => unlessDeleted(api.readAsset(id))));
  return [...known.filter((asset) => asset !== null), ...newest.reverse()];
}

/** Assets are deleted at any time, also between two calls: that is no fault. */
const unlessDeleted = <T>(call: Promise<T>): Promise<T | null> =>
  call.catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) {
      return null;
    }
    throw error;
  });

async function announce(api: Api, display: Display, asset: Asset): Promise<void> {
  if (asset.status === 'ready') {
    const links = await unlessDeleted(api.signLinks(asset.id, LINK_SECONDS));
    if (links !== null) {
      display.print(`watch ${asset.id} ${links.watch}`);
    }
  } else if (asset.status === 'failed') {
    const { code, message } = asset.error ?? { code: 'unknown', message: 'no reason given' };
    display.printError(`failed ${asset.id} ${code}: ${message}`);
  }
}
