/** The claim that limits how many sessions of a viewer fetch at the same time. Pure. */
import { z } from 'zod';

/** A lease book is one stored value and is searched one by one; more devices than this is no household. */
const SESSIONS_MAX = 100;

/** A member we do not know is refused, not ignored: it is a restriction that somebody believes to be in force. */
export const concurrencyLimitsSchema = z.strictObject({
  sessions: z.int().min(1).max(SESSIONS_MAX),
  policy: z.enum(['reject-new', 'evict-oldest']).default('reject-new'),
});
export type ConcurrencyLimits = z.infer<typeof concurrencyLimitsSchema>;

/** It is the viewer's sessions that are counted: without one there is nothing to count, and the limit would limit nobody. */
export const limitsHaveViewer = ({ limits, viewer }: { limits?: unknown; viewer?: string | undefined }): boolean =>
  limits === undefined || viewer !== undefined;

export const LIMITS_NEED_VIEWER = { path: ['limits'], message: 'needs a viewer' };
