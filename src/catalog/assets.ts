/** Assets and jobs in D1: rows in, typed records out. Knows nothing of HTTP. */

import { AppError } from '../errors.ts';
import type { VersionRef } from '../media/keys.ts';
import type { Policy } from '../media/presentation.ts';
import { insertRow, joined, Sql, sql } from '../platform/sql.ts';
import { insertLadderJob, type LadderJob, mayHaveMode, requeued, withMode } from './encode-mode.ts';
import { commitChange, commitChanges, commitDeletion } from './event-log.ts';
import { type AssetDetails, type AssetRow, isAborted, type JobRow, NO_DETAILS } from './rows.ts';
import { isWarned } from './warnings.ts';

export type NewAsset = {
  id: string;
  title: string;
  policy: Policy;
  prewarm: boolean;
  sourceKey: string;
  sourceUrl: string | null;
  /** JSON (src/protocol/encode-options.ts). */
  options?: string | null;
  details?: Partial<AssetDetails>;
};
export const DEFAULT_PRIORITY = 50;
/** What a job encodes: columns of `jobs`. */
type JobSource = Pick<JobRow, 'source_key' | 'source_url' | 'options'>;
/** `retryOf`: the job whose finished tasks it keeps. `source`: the asset's where there is none. */
export type NewJob = {
  id: string;
  assetId: string;
  version: string;
  priority?: number;
  retryOf?: string;
  source?: JobSource;
  /** Of the asset from now on (encode-mode.ts); null: `always`. Left out: as it is. */
  mode?: string | null;
};

const NO_SOURCE: JobSource = { source_key: null, source_url: null, options: null };

/** Inserts nothing while another job of the asset is active: two that encode one version would write the same keys. */
const insertJob = (job: NewJob, nowMs: number) => {
  const { id, assetId, version, priority = DEFAULT_PRIORITY, retryOf = null, source = NO_SOURCE } = job;
  return sql`
  INSERT INTO jobs (id, asset_id, version, status, created_at, updated_at, priority, retry_of, source_key, source_url,
    options)
  SELECT ${id}, ${assetId}, ${version}, 'queued', ${nowMs}, ${nowMs}, ${priority}, ${retryOf}, ${source.source_key},
    ${source.source_url}, ${source.options}
  WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND status IN ('queued', 'running'))`;
};

/** Triggers refuse assets and jobs of a source that is being deleted (src/control/gc/marks.ts). */
const refusal = (cause: unknown): unknown =>
  isAborted(cause, 'source_collected') ? new AppError('source_not_found', { cause }) : cause;

/** One transaction, so that no asset is without its job. `along`: further statements of it. */
export async function createAsset(
  db: D1Database,
  asset: NewAsset,
  job: NewJob,
  nowMs: number,
  along: readonly D1PreparedStatement[] = [],
): Promise<void> {
  const { id, title, policy, prewarm, sourceKey, sourceUrl, options = null } = asset;
  const status = sourceUrl === null ? 'queued' : 'waiting';
  const inserted = insertRow('assets', {
    ...{ id, title, policy, status, source_key: sourceKey, source_url: sourceUrl, options, prewarm: Number(prewarm) },
    ...{ ...asset.details, created_at: nowMs, updated_at: nowMs },
  });
  try {
    await commitChange(db, id, nowMs, [inserted.on(db), insertJob(job, nowMs).on(db), ...along]);
  } catch (cause) {
    throw refusal(cause);
  }
}

/**
 * A further job of an asset: a retry, or of another source. The asset goes back to `status` unless a whole version of it is
 * playing. While a job of it is active, nothing is changed and the result is false.
 */
export async function createNextJob(
  db: D1Database,
  job: NewJob,
  nowMs: number,
  status: 'queued' | 'waiting' = 'queued',
): Promise<boolean> {
  const { id, assetId, mode } = job;
  const moded = sql`UPDATE assets SET options = ${withMode(sql`options`, mode ?? null)}
    WHERE id = ${assetId} AND EXISTS (SELECT 1 FROM jobs WHERE id = ${id})`;
  const change = [
    insertJob(job, nowMs).on(db),
    requeued(job, status, nowMs).on(db),
    ...(mode === undefined ? [] : [moded.on(db)]),
  ];
  const [inserted] = await commitChange(db, job.assetId, nowMs, change).catch((cause: unknown) => {
    throw refusal(cause);
  });
  return (inserted?.meta.changes ?? 0) > 0;
}

/** Null if the job has ended. */
export async function changeJobPriority(
  db: D1Database,
  job: Pick<JobRow, 'id' | 'asset_id'>,
  priority: number,
  nowMs: number,
): Promise<JobRow | null> {
  const update = sql`UPDATE jobs SET priority = ${priority}, updated_at = ${nowMs}
    WHERE id = ${job.id} AND status IN ('queued', 'running') RETURNING *`;
  const [changed] = await commitChange(db, job.asset_id, nowMs, [update.on(db)]);
  return (changed?.results[0] as JobRow | undefined) ?? null;
}

type VersionRow = { job_id: string; revision: number; whole: number };

/** A version by its newest published revision. */
export const findVersion = (db: D1Database, { assetId, version }: VersionRef): Promise<VersionRow | null> =>
  sql`SELECT job_id, revision, whole FROM versions WHERE asset_id = ${assetId} AND id = ${version}`
    .on(db)
    .first<VersionRow>();

/** Whether any revision of the version was published. */
export const isPublished = async (db: D1Database, assetId: string, version: string): Promise<boolean> =>
  (await findVersion(db, { assetId, version })) !== null;

/** Whether the job has published its version whole. Such a job can only end as done. */
export async function isPublishedWhole(db: D1Database, job: JobRow): Promise<boolean> {
  const found = await findVersion(db, jobRefOf(job));
  return found?.job_id === job.id && found.whole === 1;
}

export const jobRefOf = ({ id, asset_id, version }: JobRow) => ({ jobId: id, assetId: asset_id, version });

export const findAsset = (db: D1Database, id: string): Promise<AssetRow | null> =>
  sql`SELECT * FROM assets WHERE id = ${id}`.on(db).first<AssetRow>();

export const findJob = (db: D1Database, id: string): Promise<JobRow | null> =>
  sql`SELECT * FROM jobs WHERE id = ${id}`.on(db).first<JobRow>();

export const hasActiveJob = async (db: D1Database, assetId: string): Promise<boolean> =>
  (await sql`SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND status IN ('queued', 'running')`.on(db).first()) !==
  null;

export const NEWEST_FIRST = sql`ORDER BY created_at DESC, id DESC`;

/** Of those that encode a version. */
export const findLatestJob = (db: D1Database, assetId: string): Promise<JobRow | null> =>
  sql`SELECT * FROM jobs WHERE asset_id = ${assetId} AND track IS NULL ${NEWEST_FIRST} LIMIT 1`.on(db).first<JobRow>();

/** Where a page ends: the last row's place in the newest-first order. */
export type PageMark = { createdAt: number; id: string };

/** `columns`: those of the newest-first order. */
export const isAfter = (mark: PageMark | null, columns = sql`created_at, id`) =>
  mark === null ? sql`true` : sql`(${columns}) < (${mark.createdAt}, ${mark.id})`;

/** `warnings`: `any`, `none` or a code; undefined for all rows. */
type JobPage = { after: PageMark | null; limit: number; warnings?: string | undefined };

export async function listJobs(db: D1Database, { after, limit, warnings }: JobPage): Promise<JobRow[]> {
  const select = sql`SELECT * FROM jobs WHERE ${isAfter(after)} AND ${isWarned(warnings)}
    ${NEWEST_FIRST} LIMIT ${limit}`;
  return (await select.on(db).all<JobRow>()).results;
}

const CHANGEABLE = ['title', 'policy', 'disabled', 'prewarm', ...Object.keys(NO_DETAILS)] as const;
/** Columns as they are to be; those left out stay. */
export type AssetChange = Partial<Pick<AssetRow, 'title' | 'policy' | 'disabled' | 'prewarm'> & AssetDetails> & {
  /** When it is encoded (encode-mode.ts); null: `always`. */
  mode?: string | null;
};

/**
 * Nothing is changed where it would end before it begins, or is to be deleted by now: a sweep may be doing so
 * (src/control/assets/delete-asset.ts).
 */
function mayChange(change: AssetChange, nowMs: number): Sql {
  const time = (column: 'publish_at' | 'unpublish_at') =>
    column in change ? sql`${change[column] ?? null}` : new Sql(column);
  return sql`coalesce(${time('publish_at')} < ${time('unpublish_at')}, true) AND coalesce(delete_at > ${nowMs}, true)
    AND ${mayHaveMode(change.mode)}`;
}

function changing(id: string, change: AssetChange, nowMs: number): Sql {
  const columns = CHANGEABLE.filter((column) => column in change) as Exclude<keyof AssetChange, 'mode'>[];
  const set = columns.map((column) => sql`${new Sql(column)} = ${change[column] ?? null}, `);
  const mode = change.mode === undefined ? sql`` : sql`options = ${withMode(sql`options`, change.mode)}, `;
  return sql`UPDATE assets SET ${joined(set)}${mode}updated_at = ${nowMs} WHERE id = ${id}
    AND ${mayChange(change, nowMs)} RETURNING *`;
}

/**
 * One transaction. The rows as they are now; none for ids that nothing was changed of. `ladders`: jobs for those that
 * were not encoded, where they are changed and no job of theirs is active.
 */
export async function changeAssets(
  db: D1Database,
  ids: readonly string[],
  change: AssetChange,
  nowMs: number,
  ladders: readonly LadderJob[] = [],
): Promise<AssetRow[]> {
  const jobsOf = (id: string) =>
    ladders
      .filter(({ assetId }) => assetId === id)
      .flatMap((job) => [insertLadderJob(job, mayChange(change, nowMs), nowMs), requeued(job, 'queued', nowMs)]);
  const changes = ids.map((assetId) => ({
    assetId,
    statements: [...jobsOf(assetId), changing(assetId, change, nowMs)].map((statement) => statement.on(db)),
  }));
  const results = await commitChanges(db, changes, nowMs);
  return results.flatMap((each) => (each.at(-1)?.results ?? []) as AssetRow[]);
}

/** `along`: further statements of the same transaction. */
export async function deleteAsset(
  db: D1Database,
  id: string,
  nowMs: number,
  along: readonly D1PreparedStatement[],
): Promise<void> {
  await commitDeletion(db, id, nowMs, [
    // Garbage collection finds the asset's objects by this row (src/control/gc).
    sql`INSERT INTO deleted_assets (id, deleted_at) SELECT id, ${nowMs} FROM assets WHERE id = ${id}`.on(db),
    sql`DELETE FROM assets WHERE id = ${id}`.on(db),
    ...along,
  ]);
}
