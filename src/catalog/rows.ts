/** Rows of assets and jobs as D1 holds them. */
import type { Policy } from '../media/presentation.ts';

export const ASSET_STATUSES = ['waiting', 'queued', 'encoding', 'ready', 'failed'] as const;
type AssetStatus = (typeof ASSET_STATUSES)[number];
/** What of it plays: nothing, an early part of its tracks, or all of them. */
export const READY_STATES = ['no', 'partial', 'full'] as const;
type ReadyState = (typeof READY_STATES)[number];
export const JOB_STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export type AssetRow = {
  id: string;
  title: string;
  policy: Policy;
  disabled: number;
  prewarm: number;
  status: AssetStatus;
  ready: ReadyState;
  error_code: string | null;
  error_message: string | null;
  source_key: string;
  source_url: string | null;
  current_version: string | null;
  current_revision: number | null;
  duration_seconds: number | null;
  width: number | null;
  height: number | null;
  created_at: number;
  updated_at: number;
};

export type JobRow = {
  id: string;
  asset_id: string;
  version: string;
  status: JobStatus;
  /** 0–100, higher first. */
  priority: number;
  /** The job whose finished tasks this one keeps. */
  retry_of: string | null;
  error_code: string | null;
  error_message: string | null;
  created_at: number;
  updated_at: number;
};

/** Under way or about to be. */
export const isActive = ({ status }: Pick<JobRow, 'status'>): boolean => status === 'queued' || status === 'running';
