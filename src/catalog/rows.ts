/** Rows of assets and jobs as D1 holds them, and the names of what happens to them. */
import { z } from 'zod';
import { POLICIES } from '../media/presentation.ts';
import { raisedReasonOf } from '../platform/binding-errors.ts';

export const ASSET_STATUSES = ['waiting', 'queued', 'encoding', 'ready', 'failed'] as const;
/** Which of its tracks play: none, an early part, or all. `source`, in the API alone: the source itself (`from_source`). */
export const READY_STATES = ['no', 'source', 'partial', 'full'] as const;
export const JOB_STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;

/** What owners say of an asset beside its title (migrations/0023_catalog.sql). Null: nothing. */
export const assetDetailsSchema = z.object({
  description: z.string().nullable(),
  /** JSON arrays of text. */
  tags: z.string().nullable(),
  categories: z.string().nullable(),
  external_id: z.string().nullable(),
  /** A JSON object. */
  metadata: z.string().nullable(),
  creator_id: z.string().nullable(),
  publish_at: z.number().nullable(),
  unpublish_at: z.number().nullable(),
  delete_at: z.number().nullable(),
});
export type AssetDetails = z.infer<typeof assetDetailsSchema>;
export const NO_DETAILS: AssetDetails = {
  description: null,
  tags: null,
  categories: null,
  external_id: null,
  metadata: null,
  creator_id: null,
  publish_at: null,
  unpublish_at: null,
  delete_at: null,
};

/** Events compare rows as JSON text (event-log.ts), so the order of the columns must stay. */
export const assetRowSchema = assetDetailsSchema.extend({
  id: z.string(),
  title: z.string(),
  policy: z.enum(POLICIES),
  disabled: z.number(),
  prewarm: z.number(),
  status: z.enum(ASSET_STATUSES),
  ready: z.enum(READY_STATES),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  source_key: z.string(),
  source_url: z.string().nullable(),
  /** JSON (src/protocol/encode-options.ts); null: the defaults. */
  options: z.string().nullable(),
  current_version: z.string().nullable(),
  current_revision: z.number().nullable(),
  duration_seconds: z.number().nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  /** JSON (src/catalog/warnings.ts). */
  warnings: z.string().nullable(),
  /** 1: what plays is made from the source. */
  from_source: z.number().nullable(),
  created_at: z.number(),
  updated_at: z.number(),
});
export type AssetRow = z.infer<typeof assetRowSchema>;

export const jobRowSchema = z.object({
  id: z.string(),
  asset_id: z.string(),
  version: z.string(),
  status: z.enum(JOB_STATUSES),
  /** 0–100, higher first. */
  priority: z.number(),
  /** The job whose finished tasks this one keeps. */
  retry_of: z.string().nullable(),
  /** The track that it adds to the version; null for a job that encodes a version. */
  track: z.string().nullable(),
  /** What it encodes; null for a job that adds a track. */
  source_key: z.string().nullable(),
  source_url: z.string().nullable(),
  /** As the asset's. */
  options: z.string().nullable(),
  /** JSON (src/protocol/source-look.ts). */
  look: z.string().nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  warnings: z.string().nullable(),
  created_at: z.number(),
  updated_at: z.number(),
});
export type JobRow = z.infer<typeof jobRowSchema>;

export const isActive = ({ status }: Pick<JobRow, 'status'>): boolean => status === 'queued' || status === 'running';

/**
 * Types of events. Public interface: types are added, never renamed. `asset.{status}`: the asset has taken this status;
 * `asset.ready` also for each further version, `asset.ready_partial` when an early rendition plays, `asset.ready_source` when the source itself does,
 * `asset.source_withdrawn` when it was found not to be playable. `job.{status}`: a job
 * of an asset that goes on playing meanwhile; a job that is done is reported as `asset.ready`. `upload.{…}`: an upload has
 * been created, or has taken this state.
 */
export const ASSET_EVENT_TYPES = [
  ...ASSET_STATUSES.map((status) => `asset.${status}` as const),
  'asset.ready_source',
  'asset.ready_partial',
  'asset.source_withdrawn',
  'asset.updated',
  'asset.deleted',
  ...JOB_STATUSES.filter((status) => status !== 'done').map((status) => `job.${status}` as const),
] as const;
export const UPLOAD_EVENT_TYPES = [
  'upload.created',
  'upload.finished',
  'upload.failed',
  'upload.expired',
  'upload.deleted',
] as const;
export const EVENT_TYPES = [...ASSET_EVENT_TYPES, ...UPLOAD_EVENT_TYPES] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Why a trigger aborts a statement (migrations/0006_collection.sql). */
export const ABORT_REASONS = ['version_sealed', 'version_collected', 'asset_deleted', 'source_collected'] as const;

export const isAborted = (error: unknown, reason: (typeof ABORT_REASONS)[number]): boolean =>
  raisedReasonOf(error) === reason;
