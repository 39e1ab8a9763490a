/** Writes packaged tracks and cues into the bucket. Every object is final and written once. */
import { readFile } from 'node:fs/promises';
import { CUES_FILE, INIT_FILE, segmentFile } from '../../src/media/keys.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { runTogether } from '../failure/together.ts';
import type { PackagedOutput } from '../media/segments.ts';
import type { ObjectStore, TaskAccess } from '../store/store.ts';
import type { FilmText } from '../text/extract-texts.ts';

/** Enough to hide the round trips. More would only hold more segments in memory. */
const UPLOAD_CONCURRENCY = 6;

/**
 * Writes every object of these tracks, init segments first: after a mismatch there is no segment that another try of the
 * same attempt would meet. `onProgress` takes the share written, 0–1.
 */
export async function uploadTracks(
  store: ObjectStore,
  access: TaskAccess,
  outputs: readonly PackagedOutput[],
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const inits = outputs.map(({ report, initPath: path }) => ({ name: `${report.track}/${INIT_FILE}`, path }));
  const segments = outputs.flatMap(({ report: { track, firstNumber }, segmentPaths }) =>
    segmentPaths.map((path, index) => ({ name: `${track}/${segmentFile(firstNumber + index)}`, path })),
  );
  const count = inits.length + segments.length;
  let written = 0;
  for (const queue of [inits, segments]) {
    // All chunks of a track share one init segment. A segment's key holds the attempt, so no other encoder writes it.
    const code = queue === inits ? 'init_mismatch' : 'store_failed';
    await runTogether(UPLOAD_CONCURRENCY, signal, async (together) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const bytes = new Uint8Array(await readFile(next.path));
        if (!(await store.putImmutable(access, next.name, bytes, together))) {
          throw new TaskFailure(code, `${next.name} stands in the bucket with other bytes`);
        }
        written += 1;
        onProgress(written / count);
      }
    });
  }
}

/** Writes the cues of each track. */
export async function uploadTexts(
  store: ObjectStore,
  access: TaskAccess,
  texts: readonly FilmText[],
  signal: AbortSignal,
): Promise<void> {
  for (const { track, cues } of texts) {
    const name = `${track}/${CUES_FILE}`;
    if (!(await store.putImmutable(access, name, cues, signal))) {
      throw new TaskFailure('store_failed', `${name} stands in the bucket with other bytes`);
    }
  }
}
