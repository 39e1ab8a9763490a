/** Writes what a film needs to play from its source, and publishes it. */

import type { JobRef } from '../../catalog/job-progress.ts';
import { settingLook } from '../../catalog/source-playback.ts';
import { initKey, sourceIndexKey, type VersionRef } from '../../media/keys.ts';
import { trackMediaType } from '../../media/media-types.ts';
import { type Presentation, type Unnumbered, videoTracks } from '../../media/presentation.ts';
import { NotStandard } from '../../media/source/not-standard.ts';
import type { Bindings } from '../../platform/bindings.ts';
import type { SourceLook } from '../../protocol/source-look.ts';
import { publishRevision, withTracksOf } from '../encoding/publish/publish.ts';
import { applyTracks } from '../revisions/apply-tracks.ts';
import { TextPacks } from '../revisions/text-packs.ts';
import type { PlayableSource } from './inspect-source.ts';

/**
 * `extent`: `full` where nothing is to be encoded. With the publication, the job has the look. Safe to repeat, also at the same
 * time: what is written follows from the source alone. Throws JobFailure where it may not play, or the job has ended;
 * NotStandard `source_changed`.
 */
export async function publishSource(
  env: Bindings,
  job: JobRef,
  playable: PlayableSource,
  look: SourceLook,
  extent: 'partial' | 'full',
): Promise<void> {
  const written = writeObjects(env.MEDIA, job, playable);
  written.catch(() => undefined);
  const packs = new TextPacks(env.MEDIA, job);
  const built = presentationOf(job, playable);
  const build = (base: Presentation | null) => applyTracks(env, packs, withTracksOf(base, built), base);
  const along = [settingLook(job.jobId, JSON.stringify(look)).on(env.CATALOG)];
  await publishRevision(env, job, extent, [], build, { written, along });
}

/** Throws NotStandard `source_changed` where an earlier try has written other ones: the file was overwritten since. */
async function writeObjects(bucket: R2Bucket, ref: VersionRef, { index, metadata }: PlayableSource): Promise<void> {
  await Promise.all([
    writeOnce(bucket, sourceIndexKey(ref), index.bytes, { customMetadata: metadata }),
    ...index.inits.map(({ track, bytes }) =>
      writeOnce(bucket, initKey(ref, track), bytes, { httpMetadata: { contentType: trackMediaType(track, 'init') } }),
    ),
  ]);
}

async function writeOnce(bucket: R2Bucket, key: string, bytes: Uint8Array, options: R2PutOptions): Promise<void> {
  if ((await bucket.put(key, bytes, { ...options, onlyIf: { etagDoesNotMatch: '*' } })) !== null) {
    return;
  }
  const standing = await bucket.head(key);
  const isSame = standing?.size === bytes.byteLength && isEqual(standing.customMetadata, options.customMetadata);
  if (!isSame) {
    throw new NotStandard('source_changed', `${key} is of another file`);
  }
}

const isEqual = (one: Record<string, string> = {}, other: Record<string, string> = {}): boolean =>
  [...Object.keys(one), ...Object.keys(other)].every((name) => one[name] === other[name]);

function presentationOf({ assetId, version }: VersionRef, { source, index }: PlayableSource): Unnumbered {
  const { video, sizeBytes, durationSeconds } = source;
  const [picture] = videoTracks(index);
  if (picture === undefined) {
    throw new TypeError('a source that plays has a picture');
  }
  const facts = {
    ...{ container: 'mp4', sizeBytes, durationSeconds, width: video.width, height: video.height },
    ...{ frameRate: picture.frameRate, frameCount: video.sampleCount, videoCodec: 'h264' },
  };
  return { schema: 1, assetId, version, source: facts, tracks: index.tracks };
}
