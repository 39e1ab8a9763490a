/** Makes a checked presentation the one that plays: presentation first, then the catalog, then the pointer that players follow. */

import { type JobRef, markPartial, markReady, setCurrentVersion, writeCurrent } from '../../../catalog/job-progress.ts';
import { presentationKey } from '../../../media/keys.ts';
import { type Presentation, presentationDurationSeconds, videoTracks } from '../../../media/presentation.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { JobFailure } from '../job-failure.ts';

/**
 * `full`: every track of the version is in it, which ends the job; after a `partial` one it goes on. Safe to repeat. Throws
 * JobFailure when the key holds something else: a revision never changes.
 */
export async function publish(
  env: Bindings,
  job: JobRef,
  presentation: Presentation,
  extent: 'partial' | 'full',
): Promise<void> {
  const key = presentationKey(job, presentation.revision);
  const json = JSON.stringify(presentation);
  const written = await env.MEDIA.put(key, json, {
    onlyIf: { etagDoesNotMatch: '*' },
    httpMetadata: { contentType: 'application/json' },
  });
  if (written === null) {
    const standing = await env.MEDIA.get(key);
    if ((await standing?.text()) !== json) {
      throw new JobFailure('check_failed', `[immutable] ${key}: a different presentation stands at this key`);
    }
  }
  const largest = videoTracks(presentation).reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
  const isPublished = await setCurrentVersion(
    env.CATALOG,
    {
      ...job,
      revision: presentation.revision,
      whole: extent === 'full',
      durationSeconds: presentationDurationSeconds(presentation),
      width: largest.width,
      height: largest.height,
    },
    Date.now(),
  );
  if (!isPublished) {
    throw new JobFailure('cancelled', 'The job was cancelled');
  }
  await writeCurrent(env.CATALOG, env.MEDIA, job.assetId);
  const mark = extent === 'full' ? markReady : markPartial;
  await mark(env.CATALOG, job, Date.now());
}
