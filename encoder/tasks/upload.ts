/** Puts a packaged track into the bucket: final objects, written once, a few at a time. */
import { readFile } from 'node:fs/promises';
import { initKey, segmentKey, type VersionRef } from '../../src/contract/keys.ts';
import type { PackagedOutput } from '../media/segments.ts';
import type { ObjectStore } from '../store.ts';
import { TaskFailure } from '../task-failure.ts';
import { runTogether } from '../together.ts';

/** Enough to hide the round trips; more would only hold more segments in memory. */
const UPLOAD_CONCURRENCY = 6;

const INIT_TYPES = { v: 'video/mp4', a: 'audio/mp4' } as const;
const SEGMENT_TYPES = { v: 'video/iso.segment', a: 'audio/iso.segment' } as const;
const mediaLetter = (track: string): 'v' | 'a' => (track.startsWith('a') ? 'a' : 'v');

type Upload = { key: string; path: string; contentType: string; isInit: boolean };

function uploadsOf(ref: VersionRef, attempt: string, { report, initPath, segmentPaths }: PackagedOutput): Upload[] {
  const letter = mediaLetter(report.track);
  return [
    { key: initKey(ref, report.track), path: initPath, contentType: INIT_TYPES[letter], isInit: true },
    ...segmentPaths.map((path, index) => ({
      key: segmentKey(ref, report.track, attempt, report.firstNumber + index),
      path,
      contentType: SEGMENT_TYPES[letter],
      isInit: false,
    })),
  ];
}

async function uploadOne(
  store: ObjectStore,
  { key, path, contentType, isInit }: Upload,
  signal: AbortSignal,
): Promise<void> {
  const bytes = new Uint8Array(await readFile(path));
  if (!(await store.putImmutable(key, bytes, contentType, signal))) {
    // All chunks of a track share one init segment; a segment's key holds the attempt, so nobody else writes it.
    throw new TaskFailure(isInit ? 'init_mismatch' : 'store_failed', `${key} stands in the bucket with other bytes`);
  }
}

/**
 * Writes every object of these tracks, init segments first: a mismatch then leaves no segment behind that another try of
 * the same attempt would meet. `onProgress` takes the share written, 0–1.
 */
export async function uploadTracks(
  store: ObjectStore,
  target: { ref: VersionRef; attempt: string; outputs: readonly PackagedOutput[] },
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const all = target.outputs.flatMap((output) => uploadsOf(target.ref, target.attempt, output));
  let written = 0;
  for (const queue of [all.filter(({ isInit }) => isInit), all.filter(({ isInit }) => !isInit)]) {
    await runTogether(UPLOAD_CONCURRENCY, signal, async (together) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await uploadOne(store, next, together);
        written += 1;
        onProgress(written / all.length);
      }
    });
  }
}
