/** A job that is retried goes by the plan of the job before: only then are its finished chunks the same as those asked for now. */

import type { JobRef } from '../../../catalog/job-progress.ts';
import { type EncodePlan, encodePlanSchema } from '../../../protocol/plan-schema.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';
import { JobFailure } from '../job-failure.ts';

/** The plan that stands for the job: an earlier one of its version, or else `plan`. Safe to repeat. */
export async function keepPlan(env: BoardEnv, job: JobRef, plan: EncodePlan): Promise<EncodePlan> {
  const json = await taskBoard(env).keepPlan(job.jobId, JSON.stringify(plan));
  const kept = encodePlanSchema.safeParse(JSON.parse(json));
  if (!kept.success) {
    throw new JobFailure('plan_outdated', 'The plan of the job that this one retries is of another version of Sluice');
  }
  return kept.data;
}
