/**
 * Keeps the sample tables of a track for downloads: of the headers that its tasks have written beside the segments, it makes
 * `{track}/samples`. Without it the version plays all the same.
 */
import { CmafError } from '../../../media/boxes/boxes.ts';
import { readInit } from '../../../media/cmaf/init-segment.ts';
import { headersKey, initKey, samplesKey, type VersionRef } from '../../../media/keys.ts';
import { maxHeadersBytes } from '../../../media/limits.ts';
import { SampleTableWriter } from '../../../media/mp4-file/sample-tables.ts';
import { fingerprintOf, sampleEntriesOf, writeSamplesFile } from '../../../media/mp4-file/samples-file.ts';
import { segmentsOf, type Track } from '../../../media/presentation.ts';
import { inGroups } from '../../../platform/at-once.ts';
import type { TrackPart } from './assemble.ts';

/** Headers of a minute of picture are 60 KB. */
const READ_CONCURRENCY = 6;

type Part = Pick<TrackPart, 'attempt' | 'firstNumber' | 'segments'>;

/** Null where there is none, or one that no encoder of ours writes. */
async function readHeaders(bucket: R2Bucket, ref: VersionRef, track: Track, part: Part): Promise<Uint8Array | null> {
  const object = await bucket.get(headersKey(ref, track.id, part.attempt, part.firstNumber));
  if (object === null || object.size > maxHeadersBytes(part.segments.length)) {
    await object?.body.cancel();
    return null;
  }
  return new Uint8Array(await object.arrayBuffer());
}

async function tablesOf(bucket: R2Bucket, ref: VersionRef, track: Track, parts: readonly Part[]) {
  const init = await bucket.get(initKey(ref, track.id));
  if (init === null) {
    return null;
  }
  const initBytes = new Uint8Array(await init.arrayBuffer());
  const writer = new SampleTableWriter(readInit(initBytes).sampleDefaults);
  const segments = [...segmentsOf(track)];
  let done = 0;
  for (let next = 0; next < parts.length; next += READ_CONCURRENCY) {
    const group = parts.slice(next, next + READ_CONCURRENCY);
    const read = await inGroups(group, READ_CONCURRENCY, (part) => readHeaders(bucket, ref, track, part));
    for (const [index, headers] of read.entries()) {
      if (headers === null) {
        return null;
      }
      const count = group[index]?.segments.length ?? 0;
      writer.add(headers, segments.slice(done, done + count));
      done += count;
    }
  }
  return { entries: sampleEntriesOf(initBytes), tables: writer.finish() };
}

/**
 * `missing`: an encoder of an earlier release made a part. `unusable`: the headers are not those of the segments, or too many. An
 * object of an earlier job of the version is replaced: nothing that is published names its segments.
 */
export async function keepSamples(
  bucket: R2Bucket,
  ref: VersionRef,
  track: Track,
  parts: readonly Part[],
): Promise<'kept' | 'missing' | 'unusable'> {
  try {
    const read = await tablesOf(bucket, ref, track, parts);
    if (read === null) {
      return 'missing';
    }
    const bytes = writeSamplesFile(await fingerprintOf(track), read.entries, read.tables);
    await bucket.put(samplesKey(ref, track.id), bytes, { httpMetadata: { contentType: 'application/octet-stream' } });
    return 'kept';
  } catch (error) {
    if (error instanceof CmafError) {
      return 'unusable';
    }
    throw error;
  }
}
