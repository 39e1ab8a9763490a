/** Pulls a source in as many steps of a workflow as it takes, since one step has ten minutes. */

import type { WorkflowStep } from 'cloudflare:workers';
import { JobFailure } from '../encoding/job-failure.ts';
import { NOTHING_PULLED, type PulledSource, type PullSlice, type PullState } from './pull.ts';

/** A day of slices of six minutes, which is 1.8 MB/s for the largest file. */
const MAX_SLICES = 240;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

/** The first step has the plain name, as that of earlier releases. Throws JobFailure. */
export async function pullInSteps(
  step: WorkflowStep,
  name: string,
  pull: (state: PullState) => Promise<PullSlice>,
  drop: (state: PullState) => Promise<void>,
): Promise<PulledSource> {
  let state = NOTHING_PULLED;
  for (let number = 1; number <= MAX_SLICES; number += 1) {
    const before = state;
    const slice = await step.do(number === 1 ? name : `${name} ${number}`, () => pull(before));
    if ('key' in slice) {
      return slice;
    }
    state = stateAfter(before, slice);
    const pauseMs = pauseAfter(state, before);
    if (pauseMs > 0) {
      await step.sleep(`${name}: pause ${number}`, pauseMs);
    }
  }
  const last = state;
  await step.do(`${name}: give up`, () => drop(last));
  throw new JobFailure('source_missing', 'The source could not be read within a day');
}

function stateAfter(before: PullState, { pull, etags }: Exclude<PullSlice, PulledSource>): PullState {
  const goesOn = pull.upload !== null && pull.upload.id === before.upload?.id;
  return { ...pull, etags: goesOn ? [...before.etags, ...etags] : etags };
}

/** Zero where the slice got on. */
function pauseAfter({ failures, restarts }: PullState, before: PullState): number {
  const tries = Math.max(failures, restarts - before.restarts);
  return tries === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
}
