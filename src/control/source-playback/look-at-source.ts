/**
 * Looks at the source of a job, once: a standard one plays at once, from revision 1 of the job's version
 * (docs/architecture/decisions/made-from-source.md). What was found is the job's `look`, written with the publication or the
 * refusal. Until then the look can be repeated: the call that made the job makes it first, then the workflow.
 */

import { waitUntil } from 'cloudflare:workers';
import { type JobRef, markFailed } from '../../catalog/job-progress.ts';
import { type AssetRow, isActive, type JobRow } from '../../catalog/rows.ts';
import { findWithdrawn, readLookFacts, setLook } from '../../catalog/source-playback.ts';
import { sourceIndexKey } from '../../media/keys.ts';
import { readIndexMetadata } from '../../media/made/source-index.ts';
import { NotStandard } from '../../media/source/not-standard.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { startTimer, TIMED_OUT, within } from '../../platform/timer.ts';
import { type EncodeOptions, parseOptions } from '../../protocol/encode-options.ts';
import { parseLook, refusedLook, type SourceLook, standardLook } from '../../protocol/source-look.ts';
import { failureOf, JobFailure } from '../encoding/job-failure.ts';
import { type PrewarmEnv, prewarmAsset } from '../encoding/publish/prewarm-asset.ts';
import { inspectSource } from './inspect-source.ts';
import { withMemory } from './look-memory.ts';
import { publishSource } from './publish-source.ts';
import { type Hold, SourceReader } from './read-source.ts';

/** A call that makes a job waits no longer; three hours of film take one second. */
const INLINE_MS = 10_000;

/** Where the source is in the bucket. Never rejects: what fails is looked at by the workflow. */
export async function tryLookAtSource(env: Bindings & PrewarmEnv, job: JobRef): Promise<void> {
  const work = lookAtSource(env, job).then(
    ({ standard }) => standard && waitUntil(prewarmAsset(env, job.assetId)),
    (reason: unknown) => {
      log.warn({ event: 'source_not_looked_at', job: job.jobId, asset: job.assetId, reason: String(reason) });
    },
  );
  if ((await within(work, INLINE_MS, startTimer)) === TIMED_OUT) {
    log.warn({ event: 'source_look_late', job: job.jobId, asset: job.assetId });
  }
}

/**
 * Afterwards the job has ended where nothing is to be encoded: done, or failed with `source_not_playable`. Safe to repeat, also at
 * the same time. Throws LookBusy, JobFailure where the job had ended without a look, and what the stores throw.
 */
export async function lookAtSource(env: Bindings, ref: JobRef): Promise<SourceLook> {
  const facts = await readLookFacts(env.CATALOG, ref);
  const known = parseLook(facts?.job.look ?? null);
  if (facts === null || (known === null && !isActive(facts.job))) {
    throw new JobFailure('cancelled', 'The job has ended');
  }
  const { job, asset } = facts;
  const look = known ?? (await lookAnew(env, ref, job, asset));
  if (!look.standard && parseOptions(job.options).encode === 'never') {
    const message = `The source does not play as it is: ${look.message} (${look.code})`;
    await markFailed(env.CATALOG, ref, { code: 'source_not_playable', message }, Date.now());
  }
  return look;
}

async function lookAnew(env: Bindings, ref: JobRef, job: JobRow, asset: AssetRow): Promise<SourceLook> {
  try {
    return await withMemory((hold) => readAndPublish(env, ref, job, asset, hold));
  } catch (error) {
    if (!(error instanceof NotStandard)) {
      throw error;
    }
    log.info({ event: 'source_not_standard', job: job.id, asset: asset.id, code: error.code, reason: error.message });
    const look = refusedLook(error.code);
    await setLook(env.CATALOG, job.id, JSON.stringify(look));
    return look;
  }
}

/** Throws NotStandard. */
async function readAndPublish(
  env: Bindings,
  ref: JobRef,
  job: JobRow,
  asset: AssetRow,
  hold: Hold,
): Promise<SourceLook> {
  const options = parseOptions(job.options);
  if (options.start !== undefined || options.end !== undefined) {
    throw new NotStandard('edit_list', 'a part of the film is wanted');
  }
  const key = job.source_key ?? asset.source_key;
  const [reader, withdrawn] = await Promise.all([
    SourceReader.open(env.MEDIA, key, hold),
    findWithdrawn(env.CATALOG, job),
  ]);
  await refuseWithdrawn(env, job.asset_id, withdrawn, reader.etag);
  const playable = await inspectSource(reader, key, hold);
  const look = standardLook(playable.source);
  const extent = extentOf(job, asset, options, playable.source.durationSeconds);
  if (extent !== null && (await publishes(env, ref, () => publishSource(env, ref, playable, look, extent)))) {
    return look;
  }
  await setLook(env.CATALOG, job.id, JSON.stringify(look));
  return look;
}

/** Null where it is not to play: something better does, or it is to be encoded. */
function extentOf(
  { version }: JobRow,
  { current_version }: AssetRow,
  { encode = 'always', maxSeconds = Number.POSITIVE_INFINITY }: EncodeOptions,
  durationSeconds: number,
): 'partial' | 'full' | null {
  // The job fails when it is planned.
  if (durationSeconds > maxSeconds) {
    return null;
  }
  if (encode !== 'always') {
    return 'full';
  }
  return current_version === null || current_version === version ? 'partial' : null;
}

/** False where the source may not play any more: a version that was encoded plays, or another look came first. */
async function publishes(env: Bindings, ref: JobRef, publish: () => Promise<void>): Promise<boolean> {
  try {
    await publish();
    return true;
  } catch (error) {
    const facts = failureOf(error)?.code === 'cancelled' ? await readLookFacts(env.CATALOG, ref) : null;
    if (facts === null || !isActive(facts.job)) {
      throw error;
    }
    return false;
  }
}

/** A file that has been found wanting while it played, and is the same, does not play again. */
async function refuseWithdrawn(
  env: Bindings,
  assetId: string,
  withdrawn: Awaited<ReturnType<typeof findWithdrawn>>,
  etag: string,
): Promise<void> {
  const look = parseLook(withdrawn?.look ?? null);
  if (withdrawn === null || look === null || look.standard) {
    return;
  }
  const index = await env.MEDIA.head(sourceIndexKey({ assetId, version: withdrawn.version }));
  if (readIndexMetadata(index?.customMetadata)?.sourceEtag === etag) {
    throw new NotStandard(look.code, 'as it was found before');
  }
}
