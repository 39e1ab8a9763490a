/** Writes packaged tracks and cues into the bucket. Every object is final and written once. */
import { readFile } from 'node:fs/promises';
import { CUES_FILE, headersFile, INIT_FILE, segmentFile } from '../../src/media/keys.ts';
import { maxHeadersBytes } from '../../src/media/limits.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { runTogether } from '../failure/together.ts';
import type { PackagedOutput } from '../media/segments.ts';
import type { ObjectStore, TaskAccess } from '../store/store.ts';
import type { FilmText } from '../text/extract-texts.ts';

/** Enough to hide the round trips. More would only hold more segments in memory. */
const UPLOAD_CONCURRENCY = 6;

type NewObject = { name: string; read: () => Promise<Uint8Array<ArrayBuffer>> };

/** Left out where it is larger than it may be: the film has no downloads then. */
function headersOf({ report: { track, firstNumber }, headers }: PackagedOutput): NewObject[] {
  const bytes = new Uint8Array(Buffer.concat(headers));
  return bytes.byteLength === 0 || bytes.byteLength > maxHeadersBytes(headers.length)
    ? []
    : [{ name: `${track}/${headersFile(firstNumber)}`, read: async () => bytes }];
}

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
  const fromFile = (name: string, path: string): NewObject => ({
    name,
    read: async () => new Uint8Array(await readFile(path)),
  });
  const inits = outputs.map(({ report, initPath }) => fromFile(`${report.track}/${INIT_FILE}`, initPath));
  const segments = outputs.flatMap((output) => {
    const { track, firstNumber } = output.report;
    const files = output.segmentPaths.map((path, index) =>
      fromFile(`${track}/${segmentFile(firstNumber + index)}`, path),
    );
    return [...files, ...headersOf(output)];
  });
  const count = inits.length + segments.length;
  let written = 0;
  for (const queue of [inits, segments]) {
    // All chunks of a track share one init segment. A segment's key holds the attempt, so no other encoder writes it.
    const code = queue === inits ? 'init_mismatch' : 'store_failed';
    await runTogether(UPLOAD_CONCURRENCY, signal, async (together) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        if (!(await store.putImmutable(access, next.name, await next.read(), together))) {
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
