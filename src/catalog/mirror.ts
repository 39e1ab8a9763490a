/**
 * Keeps a mutable object of the bucket equal to what the catalog says: the catalog is the truth, the object its mirror. The
 * transaction that changes the catalog notes that the mirror is stale (triggers of migration 0010). The caller
 * writes the mirror; if that fails, a retry and then the sweep do (mirror-sweep.ts).
 *
 * Two writers may cross, and a write may arrive after its caller has died. So each write is conditional on the object that
 * stood there before the catalog was read: a writer that is late fails and reads again. An object of the same content has
 * the same ETag, and none has none, so the sweep writes once more when no earlier write can still be on its way.
 */

import { waitUntil } from 'cloudflare:workers';
import { AppError } from '../errors.ts';
import { log } from '../platform/log.ts';

/** As many writers would have to cross at once. */
const ROUNDS_MAX = 5;
/** All calls of the bucket for one mirror. A full revocation list has 4.3 MB. */
const BUCKET_MS = 10_000;
/** A request that R2 has not answered by then never arrives: the runtime has closed its connection. */
export const LOOK_AGAIN_MS = 2 * 60_000;
/** Before the sweep: for R2's one write a second for each key, and a bucket that is away for seconds. `waitUntil` lives 30 s. */
const RETRY_AFTER_MS = [3_000, 9_000];

export type Mirror = {
  key: string;
  /** What the catalog says now; null: no object. */
  read: () => Promise<string | null>;
};

type Note = { mark: string; look_again_at: number };

/** Writes what is stale. Throws AppError `unavailable` where the bucket fails; the note stays, so a repeated call writes it. */
export async function writeMirror(db: D1Database, bucket: R2Bucket, mirror: Mirror): Promise<void> {
  if (await isStale(db, mirror.key)) {
    await rewriteMirror(db, bucket, mirror);
  }
}

/** For an API call: where the bucket fails, it is tried again in the background and the caller is told so. */
export async function writeMirrorOrRetry(db: D1Database, bucket: R2Bucket, mirror: Mirror): Promise<void> {
  try {
    await writeMirror(db, bucket, mirror);
  } catch (error) {
    waitUntil(retry(db, bucket, mirror));
    throw error;
  }
}

async function retry(db: D1Database, bucket: R2Bucket, mirror: Mirror): Promise<void> {
  for (const delayMs of RETRY_AFTER_MS) {
    await scheduler.wait(delayMs);
    try {
      await writeMirror(db, bucket, mirror);
      return;
    } catch (error) {
      log.warn({ event: 'mirror_stale', key: mirror.key, reason: String(error) });
    }
  }
}

/** Whether the object does not show the last change yet. */
export async function isStale(db: D1Database, key: string): Promise<boolean> {
  return (await noteOf(db, key))?.look_again_at === 0;
}

const noteOf = (db: D1Database, key: string): Promise<Note | null> =>
  db.prepare('SELECT mark, look_again_at FROM stale_mirrors WHERE key = ?1').bind(key).first<Note>();

/** Writes it whether or not it was written since the change; the second time, the note goes. */
export async function rewriteMirror(db: D1Database, bucket: R2Bucket, mirror: Mirror): Promise<void> {
  // Before the catalog is read: a change that comes later brings a mark of its own.
  const note = await noteOf(db, mirror.key);
  await putMirror(bucket, mirror);
  if (note === null) {
    return;
  }
  const settled =
    note.look_again_at === 0
      ? db
          .prepare('UPDATE stale_mirrors SET look_again_at = ?3 WHERE key = ?1 AND mark = ?2')
          .bind(mirror.key, note.mark, Date.now() + LOOK_AGAIN_MS)
      : db.prepare('DELETE FROM stale_mirrors WHERE key = ?1 AND mark = ?2').bind(mirror.key, note.mark);
  await settled.run();
}

async function putMirror(bucket: R2Bucket, { key, read }: Mirror): Promise<void> {
  const untilMs = Date.now() + BUCKET_MS;
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    const standing = await inTime(() => bucket.head(key), untilMs);
    const json = await read();
    const written = await inTime(() => replace(bucket, key, standing, json), untilMs);
    if (written) {
      return;
    }
  }
  throw unavailable(new Error(`${key} kept changing while it was written`));
}

/** False where the object is no longer the one that stood there. */
async function replace(
  bucket: R2Bucket,
  key: string,
  standing: R2Object | null,
  json: string | null,
): Promise<boolean> {
  if (json === null) {
    // Of a deleted asset, which never comes back.
    await (standing === null ? undefined : bucket.delete(key));
    return true;
  }
  const onlyIf = standing === null ? { etagDoesNotMatch: '*' } : { etagMatches: standing.etag };
  return (await bucket.put(key, json, { onlyIf, httpMetadata: { contentType: 'application/json' } })) !== null;
}

async function inTime<T>(call: () => Promise<T>, untilMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error('no answer of the bucket in time')),
    Math.max(0, untilMs - Date.now()),
  );
  try {
    return await Promise.race([call(), late]);
  } catch (cause) {
    throw unavailable(cause);
  } finally {
    clearTimeout(timer);
  }
}

const unavailable = (cause: unknown): AppError =>
  new AppError('unavailable', {
    detail: 'The change is noted and will reach players by itself; they may not see it yet. Send it again to be sure.',
    headers: { 'retry-after': '1' },
    cause,
  });
