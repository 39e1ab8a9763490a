/** Collectors for tests: small pages, ages of the test's own, and a hook before every call that leaves the Worker. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, vi } from 'vitest';
import type { GcRun } from '../../../../src/control/gc/run-store.ts';
import { type Asset, clearWorld, DAY_MS, listKeys, World } from './world.ts';

/** Few enough for a small world to have several pages. */
const PAGE_KEYS = 11;
/** Many more than a small world needs. */
const ALARMS_MAX = 200;

type Hook = (call: 'list' | 'get' | 'delete' | 'batch' | 'run', key?: string) => Promise<void>;

/** Of the one batch that reads (read-facts.ts); marks are written by others. */
const FACT_STATEMENTS = 3;

let collectors = 0;

/** A collector of its own over the world's bucket and catalog. */
export async function newCollector(world: World) {
  collectors += 1;
  const stub = env.GARBAGE_COLLECTOR.get(env.GARBAGE_COLLECTOR.idFromName(`collector-${collectors}`));
  const state: { hook: Hook; deleted: string[]; losesMarks: boolean } = {
    hook: async () => {},
    deleted: [],
    losesMarks: false,
  };
  const MEDIA = {
    list: async (options: R2ListOptions) => {
      await state.hook('list');
      const page = await env.MEDIA.list({ ...options, limit: PAGE_KEYS });
      const objects = page.objects.map(({ key, size, uploaded }) => ({
        key,
        size,
        uploaded: new Date(world.uploadedMs.get(key) ?? uploaded),
      }));
      return { objects, truncated: page.truncated };
    },
    get: async (key: string) => {
      await state.hook('get', key);
      return await env.MEDIA.get(key);
    },
    delete: async (keys: string[]) => {
      await state.hook('delete');
      await env.MEDIA.delete(keys);
      state.deleted.push(...keys);
    },
  };
  const CATALOG = {
    prepare: (query: string) => env.CATALOG.prepare(query),
    batch: async (statements: D1PreparedStatement[]) => {
      await state.hook('batch');
      const isRead = statements.length === FACT_STATEMENTS;
      return state.losesMarks && !isRead ? [] : await env.CATALOG.batch(statements);
    },
  };
  const arrange = () =>
    runInDurableObject(stub, (instance) => Reflect.set(instance, 'env', { ...env, MEDIA, CATALOG }));
  await arrange();

  /** Runs alarms until the running run has ended, or `alarms` of them. */
  async function advance(alarms = ALARMS_MAX): Promise<void> {
    for (let alarm = 0; alarm < alarms; alarm++) {
      if (!(await runDurableObjectAlarm(stub))) {
        return;
      }
    }
    if (alarms === ALARMS_MAX) {
      throw new Error('the run does not end');
    }
  }

  return {
    stub,
    state,
    arrange,
    advance,
    async collect(options: { dryRun?: boolean; orphans?: boolean } = {}): Promise<GcRun> {
      const { run } = await stub.start({ dryRun: false, orphans: false, ...options });
      await advance();
      const ended = await stub.read(run.id);
      if (ended?.state !== 'done') {
        throw new Error(`the run did not end well: ${JSON.stringify(ended)}`);
      }
      return ended;
    },
  };
}
export type TestGarbageCollector = Awaited<ReturnType<typeof newCollector>>;

/** What was deleted, or would be, by reason. */
export const deletions = ({ report }: Pick<GcRun, 'report'>) =>
  report.tallies.filter(({ action }) => action === 'delete').sort((a, b) => (a.reason < b.reason ? -1 : 1));

/** Objects by `action/reason`. */
export const countsOf = ({ report }: Pick<GcRun, 'report'>): Record<string, number> =>
  Object.fromEntries(report.tallies.map(({ action, reason, objects }) => [`${action}/${reason}`, objects]));

/** Hundreds of runs, interrupted on purpose, would each say so. */
export function quiet(): void {
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
}

/** Of the running test. */
export let world: World;
export let collector: TestGarbageCollector;

/** Each test of the file has an empty world and a collector of its own. */
export function inNewWorlds(): void {
  beforeEach(async () => {
    // Alarms set for a time far ahead do not fire by themselves.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3650 * DAY_MS });
    quiet();
    await clearWorld();
    world = new World(Date.now());
    collector = await newCollector(world);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

export function pass(ms: number): void {
  world.nowMs += ms;
  vi.setSystemTime(world.nowMs);
}

export async function published(): Promise<Asset> {
  const asset = await world.ingest();
  await world.encodeAll(asset);
  await world.publish(asset);
  return asset;
}

export const refOf = (asset: Asset, index = 0) => ({
  assetId: asset.id,
  version: asset.versions[index]?.id ?? '',
  jobId: asset.versions[index]?.jobId ?? '',
});
export const below = async (prefix: string) => (await listKeys()).filter((key) => key.startsWith(prefix));
export const versionKeys = (asset: Asset, index: number) => below(`assets/${asset.id}/${asset.versions[index]?.id}/`);
