/** Puts a packaged track into the bucket: final objects, written once, a few at a time. */
import { readFile } from 'node:fs/promises';
import { INIT_FILE, segmentFile } from '../../src/media/keys.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { runTogether } from '../failure/together.ts';
import type { PackagedOutput } from '../media/segments.ts';
import type { ObjectStore, TaskAccess } from '../store/store.ts';

/** Enough to hide the round trips; more would only hold more segments in memory. */
const UPLOAD_CONCURRENCY = 6;

/** `name`: of the object, as the Worker knows it; the key is the Worker's to choose. */
type Upload = { name: string; path: string; isInit: boolean };

const uploadsOf = ({ report, initPath, segmentPaths }: PackagedOutput): Upload[] => [
  { name: `${report.track}/${INIT_FILE}`, path: initPath, isInit: true },
  ...segmentPaths.map((path, index) => ({
    name: `${report.track}/${segmentFile(report.firstNumber + index)}`,
    path,
    isInit: false,
  })),
];

async function uploadOne(
  store: ObjectStore,
  access: TaskAccess,
  { name, path, isInit }: Upload,
  signal: AbortSignal,
): Promise<void> {
  const bytes = new Uint8Array(await readFile(path));
  if (!(await store.putImmutable(access, name, bytes, signal))) {
    // All chunks of a track share one init segment; a segment's key holds the attempt, so nobody else writes it.
    throw new TaskFailure(isInit ? 'init_mismatch' : 'store_failed', `${name} stands in the bucket with other bytes`);
  }
}

/**
 * Writes every object of these tracks, init segments first: a mismatch then leaves no segment behind that another try of
 * the same attempt would meet. `onProgress` takes the share written, 0–1.
 */
export async function uploadTracks(
  store: ObjectStore,
  access: TaskAccess,
  outputs: readonly PackagedOutput[],
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const all = outputs.flatMap(uploadsOf);
  let written = 0;
  for (const queue of [all.filter(({ isInit }) => isInit), all.filter(({ isInit }) => !isInit)]) {
    await runTogether(UPLOAD_CONCURRENCY, signal, async (together) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await uploadOne(store, access, next, together);
        written += 1;
        onProgress(written / all.length);
      }
    });
  }
}
