/** Sample tables for downloads, as steps of a workflow: one for each track. None of them ever fails a job. */

import type { WorkflowStep } from 'cloudflare:workers';
import type { JobRef } from '../../../catalog/job-progress.ts';
import type { Track } from '../../../media/presentation.ts';
import { inGroups } from '../../../platform/at-once.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { log } from '../../../platform/log.ts';
import { partsOf, type ReportedChunk } from '../publish/assemble.ts';
import { keepSamples } from '../publish/keep-samples.ts';

/** Tables of twelve hours take 40 MB while they are written. */
const TRACKS_AT_ONCE = 2;
/** Publishing waits for it. */
const STEP = { retries: { limit: 2, delay: '2 seconds' }, timeout: '2 minutes' } as const;

export async function keepAllSamples(
  env: Pick<Bindings, 'MEDIA'>,
  job: JobRef,
  tracks: readonly Track[],
  reports: readonly ReportedChunk[],
  step: WorkflowStep,
): Promise<void> {
  await inGroups(tracks, TRACKS_AT_ONCE, async (track) => {
    try {
      const outcome = await step.do(`samples ${track.id}`, STEP, () =>
        keepSamples(env.MEDIA, job, track, partsOf(reports, track.id)),
      );
      if (outcome !== 'kept') {
        log.info({ event: 'no_download', job: job.jobId, asset: job.assetId, track: track.id, reason: outcome });
      }
    } catch (error) {
      log.warn({ event: 'samples_failed', job: job.jobId, asset: job.assetId, track: track.id, reason: String(error) });
    }
  });
}
