/** What can happen to an asset, as events tell it. Public interface: types are added, never renamed. */
import { ASSET_STATUSES, JOB_STATUSES } from './rows.ts';

/** `job.done` is told as `asset.ready`. */
const TOLD_OF_JOBS = JOB_STATUSES.filter((status) => status !== 'done');

/**
 * `asset.{status}`: the asset has become this; `asset.ready` also for each further version, `asset.ready_partial` when an
 * early rendition plays. `job.{status}`: a job of an
 * asset that goes on playing meanwhile.
 */
export const EVENT_TYPES = [
  ...ASSET_STATUSES.map((status) => `asset.${status}` as const),
  'asset.ready_partial',
  'asset.updated',
  'asset.deleted',
  ...TOLD_OF_JOBS.map((status) => `job.${status}` as const),
] as const;
export type EventType = (typeof EVENT_TYPES)[number];
