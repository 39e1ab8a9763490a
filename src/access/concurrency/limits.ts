/** The claim that limits how many sessions of a viewer fetch at the same time. Pure. */
import { z } from 'zod';

/** A lease book is one stored value and is searched linearly. No household has more devices. */
const SESSIONS_MAX = 100;

/** An unknown member is refused, not ignored: the app believes that its restriction is in force. */
export const concurrencyLimitsSchema = z.strictObject({
  sessions: z.int().min(1).max(SESSIONS_MAX),
  policy: z.enum(['reject-new', 'evict-oldest']).default('reject-new'),
});
export type ConcurrencyLimits = z.infer<typeof concurrencyLimitsSchema>;

/** The sessions of a viewer are counted. Without a viewer the limit would limit nobody. */
export const limitsHaveViewer = ({ limits, viewer }: { limits?: unknown; viewer?: string | undefined }): boolean =>
  limits === undefined || viewer !== undefined;

export const LIMITS_NEED_VIEWER = { path: ['limits'], message: 'needs a viewer' };
