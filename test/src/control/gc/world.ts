/**
 * A deployment in small, for the collector to be held against: what apps, workflows and encoders do to catalog and bucket,
 * and which objects somebody still needs. The catalog and the bucket are the real ones; the clock and the age of objects
 * are the test's.
 */

import { env } from 'cloudflare:workers';
import { createAsset, createNextJob, deleteAsset } from '../../../../src/catalog/assets.ts';
import {
  markCancelled,
  markEncoding,
  markFailed,
  markPartial,
  markReady,
  setCurrentVersion,
  writeCurrent,
} from '../../../../src/catalog/job-progress.ts';
import { makeCurrent } from '../../../../src/catalog/versions.ts';
import { RETRY_GRACE_MS } from '../../../../src/control/gc/limits.ts';
import { AppError } from '../../../../src/errors.ts';
import {
  currentKey,
  initKey,
  presentationKey,
  segmentKey,
  sourceKey,
  type VersionRef,
} from '../../../../src/media/keys.ts';
import { currentSchema } from '../../../../src/media/presentation.ts';
import { randomId } from '../../../../src/platform/random-id.ts';
import { presentationOf, TASKS, type Task } from './presentations.ts';

/** Whether a retry has to encode a new version, because objects of this one may be gone. */
const isSealed = async ({ assetId, version }: VersionRef): Promise<boolean> =>
  (await env.CATALOG.prepare('SELECT 1 FROM version_marks WHERE asset_id = ?1 AND version = ?2')
    .bind(assetId, version)
    .first()) !== null;

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

type TaskModel = Task & { attempts: number; won: number | null };
type Version = {
  id: string;
  source: string;
  jobId: string;
  job: 'running' | 'done' | 'failed';
  endedAtMs: number;
  tasks: TaskModel[];
  /** Keys of each published revision, the first at 0. */
  revisions: string[][];
};
/** `playing`: the current version. `pointed`: what current.json names, with itself. */
export type Asset = {
  id: string;
  source: string;
  versions: Version[];
  playing: Version | null;
  pointed: string[];
  deleted: boolean;
};
type Session = { asset: Asset; keys: string[]; endsAtMs: number };

const bytes = new Uint8Array(3);

export class World {
  nowMs: number;
  readonly assets: Asset[] = [];
  readonly sessions: Session[] = [];
  /** Objects that nobody may touch although no asset needs them. */
  readonly strangers = new Set<string>();
  readonly uploadedMs = new Map<string, number>();

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** As encoders write: what stands stays. */
  async put(key: string, value: string | Uint8Array = bytes): Promise<void> {
    const written = await env.MEDIA.put(key, value, { onlyIf: { etagDoesNotMatch: '*' } });
    if (written !== null) {
      this.uploadedMs.set(key, this.nowMs);
    }
  }

  async ingest(): Promise<Asset> {
    const id = randomId(16);
    const source = sourceKey(id, 'film.mp4');
    await this.put(source);
    const version = newVersion(source);
    const job = { id: version.jobId, assetId: id, version: version.id };
    const asset = { id, title: id, policy: 'signed' as const, prewarm: false, sourceKey: source, sourceUrl: null };
    await createAsset(env.CATALOG, { ...asset, priority: 50 } as never, { ...job, priority: 50 } as never, this.nowMs);
    const made = { id, source, versions: [version], playing: null, pointed: [], deleted: false };
    this.assets.push(made);
    await markEncoding(env.CATALOG, refOf(made, version), this.nowMs);
    return made;
  }

  /** One attempt at one task: it writes all and wins, or some and is lost. */
  async encode(asset: Asset, taskIndex: number, wins: boolean): Promise<void> {
    const version = latest(asset);
    const task = version.tasks[taskIndex % version.tasks.length];
    if (asset.deleted || version.job !== 'running' || task === undefined || task.won !== null) {
      return;
    }
    task.attempts += 1;
    await this.#write(asset, version, task, task.attempts, wins ? task.numbers.length : 1);
    task.won = wins ? task.attempts : null;
  }

  /** What is encoded is encoded once more: the next revision names the later attempt. */
  async encodeAnew(asset: Asset, taskIndex: number): Promise<void> {
    const version = latest(asset);
    const task = version.tasks[taskIndex % version.tasks.length];
    if (task !== undefined && task.won !== null && !asset.deleted && version.job === 'running') {
      task.won = null;
      await this.encode(asset, taskIndex, true);
    }
  }

  async encodeAll(asset: Asset): Promise<void> {
    for (const index of TASKS.keys()) {
      await this.encode(asset, index, true);
    }
  }

  /** An encoder that was cut off goes on writing for an attempt that was lost, however long ago. */
  async writeLate(asset: Asset, versionIndex: number, taskIndex: number): Promise<void> {
    const version = asset.versions[versionIndex % asset.versions.length];
    const task = version?.tasks[taskIndex % TASKS.length];
    if (version !== undefined && task !== undefined && task.attempts > 0 && task.won !== task.attempts) {
      await this.#write(asset, version, task, task.attempts, task.numbers.length);
    }
  }

  async #write(asset: Asset, version: Version, task: TaskModel, attempt: number, segments: number): Promise<void> {
    const ref = { assetId: asset.id, version: version.id };
    await this.put(initKey(ref, task.track));
    for (const number of task.numbers.slice(0, segments)) {
      await this.put(segmentKey(ref, task.track, String(attempt), number));
    }
  }

  /** Publishes what is complete: the early tracks, or all of them and the job is done. Throws where a named object is gone. */
  async publish(asset: Asset, options: { pointerStaysBehind?: boolean } = {}): Promise<void> {
    const version = latest(asset);
    const all = version.tasks.every(({ won }) => won !== null);
    const early = version.tasks.filter((task) => task.early);
    if (asset.deleted || version.job !== 'running' || (!all && early.some(({ won }) => won === null))) {
      return;
    }
    const tasks = all ? version.tasks : early;
    const keys = winnersOf(asset, version, tasks);
    const last = version.revisions.at(-1)?.slice(1);
    if (!all && JSON.stringify(last) === JSON.stringify(keys)) {
      return;
    }
    for (const key of keys) {
      if ((await env.MEDIA.head(key)) === null) {
        throw new Error(`${key} is gone, and a presentation is about to name it`);
      }
    }
    const ref = refOf(asset, version);
    const revision = version.revisions.length + 1;
    const presentation = presentationOf(ref, revision, tasks);
    await this.put(presentationKey(ref, revision), JSON.stringify(presentation));
    await setCurrentVersion(
      env.CATALOG,
      {
        ...{ ...ref, revision, base: revision === 1 ? null : revision - 1, whole: all },
        ...{ durationSeconds: 16, width: 640, height: 360 },
      },
      this.nowMs,
    );
    asset.playing = version;
    version.revisions.push([presentationKey(ref, revision), ...keys]);
    if (options.pointerStaysBehind !== true) {
      await this.pointAt(asset);
    }
    if (all) {
      await markReady(env.CATALOG, ref, this.nowMs);
      version.job = 'done';
      version.endedAtMs = this.nowMs;
    } else {
      await markPartial(env.CATALOG, ref, this.nowMs);
    }
  }

  async pointAt(asset: Asset): Promise<void> {
    await writeCurrent(env.CATALOG, env.MEDIA, asset.id);
    this.uploadedMs.set(currentKey(asset.id), this.nowMs);
    asset.pointed = [currentKey(asset.id), ...(asset.playing?.revisions.at(-1) ?? [])];
  }

  /** Makes a version current again that was published whole, unless it has been collected. */
  async goBack(asset: Asset, versionIndex: number): Promise<void> {
    const version = asset.versions[versionIndex % asset.versions.length];
    if (version?.job !== 'done' || asset.deleted) {
      return;
    }
    const ref = { assetId: asset.id, version: version.id };
    const isCurrent = await makeCurrent(env.CATALOG, ref, this.nowMs).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'version_collected') {
        return false;
      }
      throw error;
    });
    if (isCurrent) {
      asset.playing = version;
      await this.pointAt(asset);
    }
  }

  async fail(asset: Asset, cancelled: boolean): Promise<void> {
    const version = latest(asset);
    if (asset.deleted || version.job !== 'running') {
      return;
    }
    const ref = refOf(asset, version);
    if (cancelled) {
      await markCancelled(env.CATALOG, ref, this.nowMs);
    } else {
      await markFailed(env.CATALOG, ref, { code: 'check_failed', message: 'no' }, this.nowMs);
    }
    version.job = 'failed';
    version.endedAtMs = this.nowMs;
  }

  /** A failed job goes on with what is finished, unless its version is sealed; else, or where it is long ago, the film is replaced. */
  async encodeAgain(asset: Asset): Promise<void> {
    const last = latest(asset);
    if (asset.deleted || last.job === 'running') {
      return;
    }
    const ref = { assetId: asset.id, version: last.id };
    const isLate = this.nowMs >= last.endedAtMs + RETRY_GRACE_MS;
    const goesOn = last.job === 'failed' && !(await isSealed(ref));
    const replacing = sourceKey(asset.id, `${randomId(8)}/film.mp4`);
    const next = goesOn ? { ...last, jobId: randomId(16) } : newVersion(replacing);
    next.source = isLate ? replacing : next.source;
    await this.put(next.source);
    const source = { source_key: next.source, source_url: null, options: null };
    const job = { id: next.jobId, assetId: asset.id, version: next.id, source };
    await createNextJob(env.CATALOG, job, this.nowMs);
    next.job = 'running';
    if (goesOn) {
      asset.versions.pop();
    }
    asset.versions.push(next);
    await markEncoding(env.CATALOG, refOf(asset, next), this.nowMs);
  }

  async remove(asset: Asset): Promise<void> {
    if (!asset.deleted) {
      await deleteAsset(env.CATALOG, asset.id, this.nowMs, []);
      await writeCurrent(env.CATALOG, env.MEDIA, asset.id);
      asset.deleted = true;
    }
  }

  /** A player opens what current.json names, and plays it for as long as its session lasts. */
  async play(asset: Asset, lastsMs: number): Promise<void> {
    const json = await (await env.MEDIA.get(currentKey(asset.id)))?.text();
    if (asset.deleted || json === undefined) {
      return;
    }
    const { version, revision } = currentSchema.parse(JSON.parse(json));
    const keys = asset.versions.find(({ id }) => id === version)?.revisions[revision - 1] ?? [];
    this.sessions.push({ asset, keys, endsAtMs: this.nowMs + lastsMs });
  }

  async addStranger(key: string): Promise<void> {
    await this.put(key);
    this.strangers.add(key);
  }

  /** Every object that somebody needs now, and why. */
  async needed(): Promise<Map<string, string>> {
    const needed = new Map<string, string>();
    const need = (keys: readonly string[], why: string) => {
      for (const key of keys) {
        needed.set(key, why);
      }
    };
    need([...this.strangers], 'not ours');
    for (const asset of this.assets.filter(({ deleted }) => !deleted)) {
      const current = asset.playing;
      if (current !== null) {
        need(current.revisions.at(-1) ?? [], 'current');
        need(asset.pointed, 'named by current.json');
        need([current.source], 'source of what plays');
      }
      for (const version of asset.versions) {
        if (version.job === 'running') {
          need([version.source, ...winnersOf(asset, version, version.tasks)], 'running job');
        }
        if (version.job === 'failed' && this.nowMs < version.endedAtMs + RETRY_GRACE_MS) {
          need([version.source, ...winnersOf(asset, version, version.tasks)], 'failed job that may be retried');
        }
      }
    }
    for (const { asset, keys, endsAtMs } of this.sessions) {
      if (!asset.deleted && this.nowMs < endsAtMs) {
        need(keys, 'session');
      }
    }
    return needed;
  }
}

const latest = (asset: Asset): Version => {
  const version = asset.versions.at(-1);
  if (version === undefined) {
    throw new Error('an asset without a version');
  }
  return version;
};

const newVersion = (source: string): Version => ({
  source,
  id: randomId(8),
  jobId: randomId(16),
  job: 'running',
  endedAtMs: 0,
  tasks: TASKS.map((task) => ({ ...task, attempts: 0, won: null })),
  revisions: [],
});

const refOf = (asset: Asset, version: Version) => ({
  assetId: asset.id,
  version: version.id,
  jobId: version.jobId,
});

function winnersOf(asset: Asset, version: Version, tasks: readonly TaskModel[]): string[] {
  const ref = { assetId: asset.id, version: version.id };
  return tasks.flatMap(({ track, numbers, won }) =>
    won === null ? [] : [initKey(ref, track), ...numbers.map((number) => segmentKey(ref, track, String(won), number))],
  );
}

export async function listKeys(): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page: R2Objects = await env.MEDIA.list(cursor === undefined ? {} : { cursor });
    keys.push(...page.objects.map(({ key }) => key));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return keys;
}

/** Everything away, for the next history. */
export async function clearWorld(): Promise<void> {
  const keys = await listKeys();
  if (keys.length > 0) {
    await env.MEDIA.delete(keys);
  }
  await env.CATALOG.batch(
    ['assets', 'deleted_assets', 'collected_sources', 'source_hashes', 'uploads', 'events'].map((table) =>
      env.CATALOG.prepare(`DELETE FROM ${table}`),
    ),
  );
}
