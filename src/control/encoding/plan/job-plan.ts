/** The plan of a job: made for the fleet that is there, or taken over from the job that it retries. */

import { findAsset, findJob } from '../../../catalog/assets.ts';
import type { JobRef } from '../../../catalog/job-progress.ts';
import { configOf } from '../../../config.ts';
import { parseOptions } from '../../../protocol/encode-options.ts';
import { DEFAULT_FLEET_CORES, EmptyRange, type PlanOptions, planEncode } from '../../../protocol/plan.ts';
import { type EncodePlan, encodePlanSchema } from '../../../protocol/plan-schema.ts';
import type { SourceFacts } from '../../../protocol/source-facts.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';
import { JobFailure } from '../job-failure.ts';

type PlanEnv = BoardEnv & { CATALOG: D1Database };

/** Encoders that are started only when there is work for them are configured. */
export async function fleetCoresOf(env: BoardEnv): Promise<number> {
  const { FLEET_CORES } = configOf(env);
  return FLEET_CORES === 'auto' ? Math.max(DEFAULT_FLEET_CORES, await taskBoard(env).fleetCores()) : FLEET_CORES;
}

/**
 * Safe to repeat. A job that is retried keeps the plan of the job before: only then are its finished chunks the same as those
 * that are planned now.
 */
export async function planJob(env: PlanEnv, job: JobRef, facts: SourceFacts): Promise<EncodePlan> {
  const { X264_PRESET, CHUNK_SEGMENTS, EARLY_RENDITION } = configOf(env);
  const board = taskBoard(env);
  const [asset, row] = await Promise.all([findAsset(env.CATALOG, job.assetId), findJob(env.CATALOG, job.jobId)]);
  const { maxSeconds, ...options } = parseOptions(row?.options ?? null);
  refuseTooLong(facts, maxSeconds);
  const plan = planOrFail(facts, {
    ...options,
    preset: X264_PRESET,
    chunkSegments: CHUNK_SEGMENTS,
    fleetCores: await fleetCoresOf(env),
    // Where something plays already, an early rendition would replace it by less.
    early: asset?.current_version == null ? EARLY_RENDITION : 'off',
  });
  const kept = await board.keepPlan(job.jobId, JSON.stringify(plan));
  const parsed = encodePlanSchema.safeParse(JSON.parse(kept));
  if (!parsed.success) {
    throw new JobFailure('plan_outdated', 'The plan of the job that this one retries is of another version of Sluice');
  }
  return parsed.data;
}

function refuseTooLong({ video: { durationSeconds } }: SourceFacts, maxSeconds = Number.POSITIVE_INFINITY): void {
  if (durationSeconds > maxSeconds) {
    const message = `The source lasts ${durationSeconds.toFixed(1)} s, and may have ${maxSeconds} s`;
    throw new JobFailure('source_too_long', message);
  }
}

function planOrFail(facts: SourceFacts, options: PlanOptions): EncodePlan {
  try {
    return planEncode(facts, options);
  } catch (error) {
    throw error instanceof EmptyRange ? new JobFailure('source_range_empty', error.message) : error;
  }
}
