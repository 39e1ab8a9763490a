/** Catalog rows as the API shows them. Pure. */

import type { z } from 'zod';
import type { AssetRow, JobRow } from '../../catalog/rows.ts';
import { type VersionRow, versionStatus } from '../../catalog/versions.ts';
import { parseWarnings } from '../../catalog/warnings.ts';
import { cleanLine } from '../../platform/text.ts';
import { parseOptions } from '../../protocol/encode-options.ts';
import { parseLook } from '../../protocol/source-look.ts';
import type { JobSummary } from '../encoding/board/task-store.ts';
import { detailsView } from './asset-details.ts';
import type { assetSchema, jobDetailSchema, jobSchema, versionSchema } from './schemas.ts';

export const iso = (ms: number): string => new Date(ms).toISOString();

export const errorOf = (row: { error_code: string | null; error_message: string | null }) =>
  row.error_code === null ? null : { code: row.error_code, message: cleanLine(row.error_message ?? '') };

export const warningsOf = ({ warnings }: { warnings: string | null }) =>
  parseWarnings(warnings).map((warning) => ({ ...warning, message: cleanLine(warning.message) }));

/** `progress`: of the latest job, 0–1. */
export function assetView(asset: AssetRow, job: JobRow | null, progress: number): z.infer<typeof assetSchema> {
  const { encode = 'always', ...options } = parseOptions(asset.options);
  return {
    id: asset.id,
    title: asset.title,
    policy: asset.policy,
    disabled: asset.disabled === 1,
    prewarm: asset.prewarm === 1,
    status: asset.status,
    ready: asset.from_source === 1 ? 'source' : asset.ready,
    progress: job?.status === 'done' ? 1 : progress,
    error: errorOf(asset),
    warnings: warningsOf(asset),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    encode,
    version: asset.current_version,
    revision: asset.current_revision,
    durationSeconds: asset.duration_seconds,
    width: asset.width,
    height: asset.height,
    ...detailsView(asset),
    job: job === null ? null : { id: job.id, status: job.status },
    createdAt: iso(asset.created_at),
    updatedAt: iso(asset.updated_at),
  };
}

export function jobView(job: JobRow, progress: number): z.infer<typeof jobSchema> {
  return {
    id: job.id,
    assetId: job.asset_id,
    version: job.version,
    status: job.status,
    priority: job.priority,
    retryOf: job.retry_of,
    track: job.track,
    progress: job.status === 'done' ? 1 : progress,
    error: errorOf(job),
    warnings: warningsOf(job),
    look: parseLook(job.look),
    createdAt: iso(job.created_at),
    updatedAt: iso(job.updated_at),
  };
}

export const versionView = (row: VersionRow): z.infer<typeof versionSchema> => ({
  version: row.version,
  status: versionStatus(row),
  revision: row.revision,
  fromSource: row.from_source === 1,
  durationSeconds: row.duration_seconds,
  width: row.width,
  height: row.height,
  job: { id: row.job_id, status: row.job_status },
  sourceKey: row.source_key,
  error: errorOf(row),
  warnings: warningsOf(row),
  createdAt: iso(row.created_at),
  publishedAt: row.published_at === null ? null : iso(row.published_at),
});

export const jobDetailView = (job: JobRow, summary: JobSummary): z.infer<typeof jobDetailSchema> => ({
  ...jobView(job, summary.progress),
  tasks: summary.tasks,
});
