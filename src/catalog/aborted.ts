/** Why a trigger of the catalog aborts a statement (migrations/0006_collection.sql). */
import { raisedReasonOf } from '../platform/binding-errors.ts';

export const ABORT_REASONS = ['version_sealed', 'version_collected', 'asset_deleted', 'source_collected'] as const;

export const isAborted = (error: unknown, reason: (typeof ABORT_REASONS)[number]): boolean =>
  raisedReasonOf(error) === reason;
