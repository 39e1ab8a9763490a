/** The event log against the catalog: after any history the events are exactly the states that there were. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  changeAssets,
  createAsset,
  createNextJob,
  deleteAsset,
  findAsset,
  findJob,
  findLatestJob,
} from '../../../src/catalog/assets.ts';
import { commitChange } from '../../../src/catalog/event-log.ts';
import {
  type JobRef,
  markCancelled,
  markEncoding,
  markFailed,
  markPartial,
  markQueued,
  markReady,
  newestRevision,
  setCurrentVersion,
} from '../../../src/catalog/job-progress.ts';
import { parseWarnings } from '../../../src/catalog/warnings.ts';
import { assetEventSchema } from '../../../src/control/resources/event-view.ts';
import { assetView, jobView } from '../../../src/control/resources/present.ts';
import { call } from '../http/client.ts';

const eventsOf = async (asset: string) => {
  const { body } = await call('GET', `/v1/events?asset=${asset}&limit=100`);
  const { events } = z.object({ events: z.array(assetEventSchema) }).parse(body);
  return events.sort((a, b) => a.sequence - b.sequence);
};

let assets = 0;
const now = 1_700_000_000_123;

async function newAsset(sourceUrl: string | null = null): Promise<JobRef> {
  assets += 1;
  const id = `asset-${assets}`;
  const asset = { id, title: 'Film', policy: 'signed', prewarm: false, sourceKey: 'sources/f/f', sourceUrl } as const;
  const job = { id: `${id}-job-1`, assetId: id, version: 'v1' };
  await createAsset(env.CATALOG, asset, job, now);
  return { assetId: id, version: 'v1', jobId: job.id };
}

const EARLY = [{ code: 'hdr_to_sdr', message: 'The "source" is HDR' }];
const ALL = [{ code: 'sound_damaged', message: 'Le son est abîmé \\ ici', at: 1 / 3 }, ...EARLY];

/** What one step of a history does; a workflow may repeat any of the job's, in any order that a crash makes. */
const steps = {
  queued: (job: JobRef) => markQueued(env.CATALOG, job, now),
  encoding: (job: JobRef) => markEncoding(env.CATALOG, job, now),
  warned: (job: JobRef) => markEncoding(env.CATALOG, job, now, EARLY),
  publish: async (job: JobRef) => {
    const base = await newestRevision(env.CATALOG, job);
    // A duration that 15 digits do not hold.
    const facts = { revision: 1, base, durationSeconds: 938 * (1024 / 48_000), width: 2, height: 1 };
    await setCurrentVersion(env.CATALOG, { ...job, ...facts }, now);
  },
  publishWarned: async (job: JobRef) => {
    const base = await newestRevision(env.CATALOG, job);
    const facts = { revision: (base ?? 0) + 1, base, durationSeconds: 8, width: 2, height: 1, warnings: ALL };
    await setCurrentVersion(env.CATALOG, { ...job, ...facts }, now);
  },
  partial: (job: JobRef) => markPartial(env.CATALOG, job, now),
  ready: (job: JobRef) => markReady(env.CATALOG, job, now),
  failed: (job: JobRef) => markFailed(env.CATALOG, job, { code: 'internal', message: "It's broken" }, now),
  cancelled: (job: JobRef) => markCancelled(env.CATALOG, job, now),
  retitled: (job: JobRef) => changeAssets(env.CATALOG, [job.assetId], { title: `Other ${Math.random()}` }, now),
  same: (job: JobRef) => changeAssets(env.CATALOG, [job.assetId], {}, now),
} as const;
type Step = keyof typeof steps | 'retry';

/** What the API shows of a state, but for progress and the time of the last write. */
const shown = ({ asset, job }: z.infer<typeof assetEventSchema>['data']) => {
  const { updatedAt: _a, ...assetShown } = asset;
  const { updatedAt: _b, ...jobShown } = job ?? { updatedAt: '' };
  return { asset: assetShown, job: jobShown };
};

/** The same views as the API's, of what the catalog says now. */
async function seen(assetId: string) {
  const [asset, job] = await Promise.all([findAsset(env.CATALOG, assetId), findLatestJob(env.CATALOG, assetId)]);
  if (asset === null || job === null) {
    throw new Error('it is gone');
  }
  const { progress: _a, encode: _c, ...assetSeen } = assetView(asset, job, 0);
  const { progress: _b, look: _d, ...jobSeen } = jobView(job, 0);
  return shown({ asset: assetSeen, job: jobSeen });
}

const step = fc.constantFrom<Step>(...(Object.keys(steps) as Step[]), 'retry');

test('tells every state that was seen, once, in order, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (history, pulled) => {
      let job = await newAsset(pulled ? 'https://media.example/a.mp4' : null);
      let jobs = 1;
      const states = [await seen(job.assetId)];
      for (const name of history) {
        if (name === 'retry') {
          jobs += 1;
          job = { ...job, jobId: `${job.assetId}-job-${jobs}`, version: `v${jobs}` };
          await createNextJob(env.CATALOG, { id: job.jobId, assetId: job.assetId, version: job.version }, now + jobs);
        } else {
          await steps[name](job);
        }
        const state = await seen(job.assetId);
        // `publish` is half a step: the version is told of when it can be played, or with whatever comes next.
        if (!name.startsWith('publish') && JSON.stringify(state) !== JSON.stringify(states.at(-1))) {
          states.push(state);
        }
      }
      const events = await eventsOf(job.assetId);
      expect(events.map(({ data }) => shown(data))).toEqual(states);
      expect(events.map(({ sequence }) => sequence)).toEqual(states.map((_, index) => index + 1));
    }),
    { numRuns: 40 },
  );
}, 60_000);

const typesOf = async (asset: string) => (await eventsOf(asset)).map(({ type }) => type);

test('names each state: of the first version, of a further one, of changes, of its end', async () => {
  const job = await newAsset('https://media.example/a.mp4');
  for (const name of ['queued', 'encoding', 'publish', 'partial', 'ready', 'retitled'] as const) {
    await steps[name](job);
  }
  const again = { ...job, jobId: `${job.assetId}-job-2`, version: 'v2' };
  await createNextJob(env.CATALOG, { id: again.jobId, assetId: job.assetId, version: 'v2' }, now + 1);
  for (const name of ['queued', 'encoding', 'publish', 'ready'] as const) {
    await steps[name](again);
  }
  const third = { ...job, jobId: `${job.assetId}-job-3`, version: 'v3' };
  await createNextJob(env.CATALOG, { id: third.jobId, assetId: job.assetId, version: 'v3' }, now + 2);
  await steps.failed(third);
  await deleteAsset(env.CATALOG, job.assetId, now, []);
  expect(await typesOf(job.assetId)).toEqual([
    'asset.waiting',
    'asset.queued',
    'asset.encoding',
    'asset.ready_partial',
    'asset.ready',
    'asset.updated',
    'job.queued',
    'job.running',
    'asset.ready',
    'job.queued',
    'job.failed',
    'asset.deleted',
  ]);
  const [deleted] = (await eventsOf(job.assetId)).slice(-1);
  expect(deleted?.data.asset).toMatchObject({ id: job.assetId, status: 'ready', version: 'v2' });
});

test('tells of a deletion once', async () => {
  const { assetId } = await newAsset();
  await Promise.all([deleteAsset(env.CATALOG, assetId, now, []), deleteAsset(env.CATALOG, assetId, now, [])]);
  expect(await typesOf(assetId)).toEqual(['asset.queued', 'asset.deleted']);
});

test('keeps nothing of a change that was not committed', async () => {
  const { assetId } = await newAsset();
  const broken = [env.CATALOG.prepare(`UPDATE assets SET status = 'nonsense' WHERE id = ?1`).bind(assetId)];
  await expect(commitChange(env.CATALOG, assetId, now, broken)).rejects.toThrow();
  expect(await typesOf(assetId)).toEqual(['asset.queued']);
});

describe('warnings', () => {
  const warned = async ({ assetId, jobId }: JobRef) => {
    const rows = await Promise.all([findAsset(env.CATALOG, assetId), findJob(env.CATALOG, jobId)]);
    return rows.map((row) => parseWarnings(row?.warnings ?? null));
  };

  test('of the inspection come with `encoding`, all with the version; their event shows them', async () => {
    const job = await newAsset();
    await steps.warned(job);
    expect(await warned(job)).toEqual([EARLY, EARLY]);
    await steps.encoding(job);
    expect(await warned(job)).toEqual([EARLY, EARLY]);
    await steps.publishWarned(job);
    await steps.ready(job);
    expect(await warned(job)).toEqual([ALL, ALL]);
    const told = (await eventsOf(job.assetId)).map(({ type, data }) => [type, data.asset.warnings, data.job?.warnings]);
    expect(told).toEqual([
      ['asset.queued', [], []],
      ['asset.encoding', EARLY, EARLY],
      ['asset.ready', ALL, ALL],
    ]);
  });

  test.each(['failed', 'cancelled'] as const)('of a job that %s stay with it alone', async (end) => {
    const job = await newAsset();
    await steps.warned(job);
    await steps[end](job);
    expect(await warned(job)).toEqual([[], EARLY]);
    const retry = { ...job, jobId: `${job.assetId}-job-2` };
    await createNextJob(env.CATALOG, { id: retry.jobId, assetId: job.assetId, version: 'v1' }, now + 1);
    await steps.warned(retry);
    expect(await warned(retry)).toEqual([EARLY, EARLY]);
  });

  test('are those of the version that plays, whatever becomes of a further job', async () => {
    const job = await newAsset();
    await steps.encoding(job);
    await steps.publishWarned(job);
    await steps.partial(job);
    await steps.failed(job);
    expect(await warned(job)).toEqual([ALL, ALL]);
    const next = { ...job, jobId: `${job.assetId}-job-2`, version: 'v2' };
    await createNextJob(env.CATALOG, { id: next.jobId, assetId: job.assetId, version: 'v2' }, now + 1);
    await steps.warned(next);
    expect(await warned(next)).toEqual([ALL, EARLY]);
    await steps.publish(next);
    expect(await warned(next)).toEqual([[], []]);
  });

  test('change nothing in what is logged of rows that have none', async () => {
    const job = await newAsset();
    const row = await env.CATALOG.prepare('SELECT snapshot FROM events WHERE asset_id = ?1').bind(job.assetId).first();
    expect(JSON.parse(String(row?.['snapshot'])).state).toMatchObject({ asset: { length: 1 }, job: { length: 1 } });
    expect(String(row?.['snapshot'])).not.toContain('warnings');
  });
});
