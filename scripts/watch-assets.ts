/** Follows the catalog and prints a watch link and the warnings of each asset that becomes ready. */
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

/** Runs until the signal aborts. Watches the newest 100 assets, and older ones that it has seen under way. */
export async function watchAssets(api: Api, display: Display, signal: AbortSignal): Promise<void> {
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
    const pauseMs = underWay.length > 0 || failures > 0 ? BUSY_POLL_MS : IDLE_POLL_MS;
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

async function announce(api: Api, display: Display, asset: Asset): Promise<void> {
  if (asset.status === 'ready') {
    const link = await unlessDeleted(signLink(api, asset.id, LINK_SECONDS));
    if (link !== null) {
      display.print(`watch ${asset.id} ${link.watch}`);
      for (const { code, message, at } of asset.warnings) {
        display.printError(
          `warning ${asset.id} ${code}${at === undefined ? '' : ` at ${at.toFixed(2)} s`}: ${message}`,
        );
      }
    }
  } else if (asset.status === 'failed') {
    const { code, message } = asset.error ?? { code: 'unknown', message: 'no reason given' };
    display.printError(`failed ${asset.id} ${code}: ${message}`);
  }
}
