/** A film that plays from its source, and turns out not to be playable, or lost its file: it plays no more. */

import { writeCurrent } from '../../catalog/job-progress.ts';
import { withdraw } from '../../catalog/source-playback.ts';
import { newJobId, newVersionId } from '../../media/ids.ts';
import { sourceIndexKey, type VersionRef } from '../../media/keys.ts';
import { readIndexMetadata } from '../../media/made/source-index.ts';
import { NOT_STANDARD, type NotStandardCode } from '../../media/source/not-standard.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { refusedLook } from '../../protocol/source-look.ts';

/**
 * Safe to repeat. Changes nothing where the version is not what plays, or was encoded by now. Its jobs go on; without any, the
 * asset has failed, or is encoded where that was to follow (`encode: onDemand`). Sessions that play it end. An earlier version
 * is not brought back by itself. Returns jobs that are to be settled, which the sweep does otherwise.
 */
export async function withdrawSource(env: Bindings, ref: VersionRef, code: NotStandardCode): Promise<string[]> {
  const { CATALOG, MEDIA } = env;
  if (code === 'source_changed' && (await isThere(MEDIA, ref))) {
    log.warn({ event: 'source_report_wrong', asset: ref.assetId, version: ref.version, code });
    return [];
  }
  const message = `The source does not play as it is: ${NOT_STANDARD[code]} (${code})`;
  const change = {
    ...ref,
    look: JSON.stringify(refusedLook(code)),
    error: { code: 'source_not_playable', message },
    next: { jobId: newJobId(), version: newVersionId() },
  };
  const jobs = await withdraw(CATALOG, change, Date.now());
  if (jobs === null) {
    return [];
  }
  log.warn({ event: 'source_withdrawn', asset: ref.assetId, version: ref.version, code });
  await writeCurrent(CATALOG, MEDIA, ref.assetId);
  return jobs;
}

/** Whether the file stands as the index has it: the report was of a moment. */
async function isThere(bucket: R2Bucket, ref: VersionRef): Promise<boolean> {
  const index = await bucket.head(sourceIndexKey(ref));
  const facts = readIndexMetadata(index?.customMetadata);
  return facts !== null && (await bucket.head(facts.sourceKey))?.etag === facts.sourceEtag;
}
