/** The publish check, part two, as steps of a workflow: one for each track. */

import type { WorkflowStep } from 'cloudflare:workers';
import type { VersionRef } from '../../../media/keys.ts';
import type { Track } from '../../../media/presentation.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { partsOf, type ReportedChunk } from '../publish/assemble.ts';
import { checkTrackObjects } from '../publish/check-objects.ts';
import { requireNone } from '../publish/violations.ts';

/** Of one track: a broken version is broken everywhere, and a step's result has a limit. */
const VIOLATIONS_TOLD = 20;

/** Throws JobFailure. */
export async function checkObjects(
  env: Pick<Bindings, 'MEDIA'>,
  ref: VersionRef,
  tracks: readonly Track[],
  reports: readonly ReportedChunk[],
  step: WorkflowStep,
): Promise<void> {
  const found = await Promise.all(
    tracks.map((track) =>
      step.do(`check ${track.id}`, async () => {
        const violations = await checkTrackObjects(env.MEDIA, ref, track, partsOf(reports, track.id));
        return violations.slice(0, VIOLATIONS_TOLD);
      }),
    ),
  );
  requireNone(found.flat());
}
