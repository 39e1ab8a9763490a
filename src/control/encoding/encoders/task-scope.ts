/**
 * What a task may read and write in the bucket: its source, and the segments and init segments that its plan names. Keys
 * are built from the scope, never taken from a request. Pure.
 */

import { z } from 'zod';
import { assetIdSchema, attemptSchema, trackIdSchema, versionIdSchema } from '../../../media/ids.ts';
import { initKey, isSourceKey, MAX_SEGMENT_NUMBER, parseTrackFile, segmentKey } from '../../../media/keys.ts';
import { MAX_INIT_BYTES, MAX_SEGMENT_BYTES, MAX_TRACKS } from '../../../media/limits.ts';
import { trackMediaType } from '../../../media/media-types.ts';
import { type TaskInput, writesOf } from '../../../protocol/task-kinds.ts';

const number = z.int().min(1).max(MAX_SEGMENT_NUMBER);

export const taskScopeSchema = z.strictObject({
  source: z.string().refine(isSourceKey),
  /** Null: an inspection writes nothing. */
  writes: z
    .strictObject({
      assetId: assetIdSchema,
      version: versionIdSchema,
      attempt: attemptSchema,
      tracks: z.array(trackIdSchema).min(1).max(MAX_TRACKS),
      firstNumber: number,
      lastNumber: number,
    })
    .nullable(),
});
export type TaskScope = z.infer<typeof taskScopeSchema>;

export function scopeOf(input: TaskInput, attempt: string): TaskScope {
  const writes = writesOf(input);
  return { source: input.source.key, writes: writes && { ...writes, attempt } };
}

export type WritableObject = { key: string; contentType: string; maxBytes: number };

/** The object that a task calls `{track}/{name}`, `init.mp4` or `{number}.m4s`; null where it is not one of the task's. */
export function writableObject({ writes }: TaskScope, track: string, name: string): WritableObject | null {
  if (writes === null || !writes.tracks.includes(track)) {
    return null;
  }
  const file = parseTrackFile(name);
  if (file === 'init') {
    return { key: initKey(writes, track), contentType: trackMediaType(track, 'init'), maxBytes: MAX_INIT_BYTES };
  }
  return file !== null && file >= writes.firstNumber && file <= writes.lastNumber
    ? {
        key: segmentKey(writes, track, writes.attempt, file),
        contentType: trackMediaType(track, 'segment'),
        maxBytes: MAX_SEGMENT_BYTES,
      }
    : null;
}
