/**
 * Publishes revisions of a version: presentation first, then the catalog, then the pointer that players follow. Independent
 * writers may publish at once. A writer takes a number by writing its presentation, which R2 allows one writer only; the
 * catalog is changed by compare-and-set on the revision that the new one was built on. A writer that is overtaken builds anew
 * on the newest revision.
 */

import {
  type JobRef,
  markPartial,
  markReady,
  newestRevision,
  setCurrentVersion,
  writeCurrent,
} from '../../../catalog/job-progress.ts';
import { setRevision } from '../../../catalog/revisions.ts';
import { isSourceTrack } from '../../../media/ids.ts';
import { currentKey, presentationKey, type VersionRef } from '../../../media/keys.ts';
import {
  isFromSource,
  type Presentation,
  parsePresentation,
  presentationDurationSeconds,
  presentationSchema,
  type Unnumbered,
  videoTracks,
} from '../../../media/presentation.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import type { Warning } from '../../../protocol/warnings.ts';
import { JobFailure } from '../job-failure.ts';
import { checkTexts } from './check-texts.ts';
import { requireNone } from './violations.ts';

/** A try fails when another writer overtakes it; a version has a few writers. */
const MAX_TRIES = 10;
/** Numbers above the newest revision that were taken by writers that were overtaken or died. */
const MAX_TAKEN = 50;

/** `written`: the objects that it names, where they are written at the same time. `along`: changes of the last transaction. */
export type PublishOptions = { written?: Promise<unknown>; along?: readonly D1PreparedStatement[] };

/**
 * `full`: the revision has every track of the version, which ends the job; after a `partial` one the job goes on. Safe to
 * repeat: a presentation equal to the newest is not published again. Throws JobFailure where the job has ended, or what is made
 * from the source may not play any more.
 */
export async function publishRevision(
  env: Bindings,
  job: JobRef,
  extent: 'partial' | 'full',
  warnings: readonly Warning[],
  build: (base: Presentation | null) => Unnumbered | Promise<Unnumbered>,
  { written, along }: PublishOptions = {},
): Promise<void> {
  const standing = env.MEDIA.head(currentKey(job.assetId));
  standing.catch(() => undefined);
  const result = await publishNext(env, job, build, async (built, revision, base) => {
    await written;
    const largest = videoTracks(built).reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
    const size = { width: largest.width, height: largest.height, durationSeconds: presentationDurationSeconds(built) };
    const how = { whole: extent === 'full', fromSource: isFromSource(built), warnings };
    return await setCurrentVersion(env.CATALOG, { ...job, ...size, ...how, revision, base }, Date.now());
  });
  if (result === 'ended') {
    throw new JobFailure('cancelled', 'The job was cancelled');
  }
  await writeCurrent(env.CATALOG, env.MEDIA, job.assetId, standing);
  const mark = extent === 'full' ? markReady : markPartial;
  await mark(env.CATALOG, job, Date.now(), along);
}

/** A revision of the version that plays, without a job. Changes nothing where another version has become the current one. */
export async function publishOverlay(
  env: Bindings,
  ref: VersionRef,
  build: (base: Presentation) => Promise<Unnumbered>,
): Promise<void> {
  await publishNext(env, ref, buildOn(ref, build), async (_, revision, base) =>
    base === null || revision === base
      ? 'published'
      : await setRevision(env.CATALOG, { ...ref, revision, base }, Date.now()),
  );
  await writeCurrent(env.CATALOG, env.MEDIA, ref.assetId);
}

/** A revision that has the track which the job adds, and ends the job. Throws JobFailure where it has ended. */
export async function publishTrack(
  env: Bindings,
  job: JobRef,
  warnings: readonly Warning[],
  build: (base: Presentation) => Promise<Unnumbered>,
): Promise<void> {
  const result = await publishNext(env, job, buildOn(job, build), async (_, revision, base) =>
    base === null
      ? 'ended'
      : await setRevision(env.CATALOG, { ...job, revision, base }, Date.now(), { jobId: job.jobId, warnings }),
  );
  if (result === 'ended') {
    throw new JobFailure('cancelled', 'The job was cancelled');
  }
  await writeCurrent(env.CATALOG, env.MEDIA, job.assetId);
}

const buildOn =
  ({ assetId, version }: VersionRef, build: (base: Presentation) => Promise<Unnumbered>) =>
  (base: Presentation | null) => {
    if (base === null) {
      throw new Error(`${assetId}/${version} has no revision, and plays`);
    }
    return build(base);
  };

type Commit = (
  built: Unnumbered,
  revision: number,
  base: number | null,
) => Promise<'published' | 'ended' | 'overtaken'>;

async function publishNext(
  env: Bindings,
  ref: VersionRef,
  build: (base: Presentation | null) => Unnumbered | Promise<Unnumbered>,
  commit: Commit,
): Promise<'published' | 'ended'> {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const newest = await newestRevision(env.CATALOG, ref);
    const base = newest === null ? null : await readRevision(env.MEDIA, ref, newest);
    const built = await build(base);
    requireNone(checkTexts(built));
    const revision = await writeRevision(env.MEDIA, built, base);
    const result = await commit(built, revision, newest);
    if (result !== 'overtaken') {
      return result;
    }
  }
  throw new Error(`Others published revisions of ${ref.assetId}/${ref.version} all the time`);
}

/** Tracks that another writer has added to the version stay in it. Those of the source go when others take their place. */
export function withTracksOf(base: Presentation | null, built: Unnumbered): Unnumbered {
  const own = new Set(built.tracks.map(({ id }) => id));
  const stays = ({ id }: { id: string }) => !own.has(id) && (isFromSource(built) || !isSourceTrack(id));
  return { ...built, tracks: [...built.tracks, ...(base?.tracks ?? []).filter(stays)] };
}

/** Throws JobFailure where it is gone. */
export async function readRevision(bucket: R2Bucket, ref: VersionRef, revision: number): Promise<Presentation> {
  const key = presentationKey(ref, revision);
  const object = await bucket.get(key);
  if (object === null) {
    throw new JobFailure('internal', `${key} is missing, and the catalog names it`);
  }
  return parsePresentation(await object.text());
}

/** Through the schema: equal presentations are equal text. */
const jsonOf = (built: Unnumbered, revision: number): string =>
  JSON.stringify(presentationSchema.parse({ ...built, revision }));

/** Returns its number: the base's where that is equal, else the first above it that is free or has an equal presentation. */
async function writeRevision(bucket: R2Bucket, built: Unnumbered, base: Presentation | null): Promise<number> {
  if (base !== null && JSON.stringify(base) === jsonOf(built, base.revision)) {
    return base.revision;
  }
  const first = (base?.revision ?? 0) + 1;
  for (let revision = first; revision < first + MAX_TAKEN; revision++) {
    const key = presentationKey(built, revision);
    const json = jsonOf(built, revision);
    const written = await bucket.put(key, json, {
      onlyIf: { etagDoesNotMatch: '*' },
      httpMetadata: { contentType: 'application/json' },
    });
    if (written !== null || (await (await bucket.get(key))?.text()) === json) {
      return revision;
    }
  }
  const { assetId, version } = built;
  throw new JobFailure('internal', `[immutable] ${assetId}/${version}: too many presentations that nothing names`);
}
