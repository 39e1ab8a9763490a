/** What a job's workflow is started with, and the binding that starts it. */
import type { JobRef } from '../../../catalog/job-progress.ts';

export type EncodeParams = JobRef & { source: { key: string; url: string | null } };

export type WorkflowEnv = { ENCODE_WORKFLOW: Workflow<EncodeParams> };
