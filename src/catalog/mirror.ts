/**
 * Keeps a mutable object of the bucket equal to the catalog: the catalog is the truth, the object its mirror. The
 * transaction that changes the catalog notes that the mirror is stale (triggers of migration 0010). The caller writes the
 * mirror; if that fails, a retry and then the sweep do (mirror-sweep.ts).
 *
 * Two writers may cross, and a write may arrive after its caller has died. So each write is conditional on the object that
 * was there before the catalog was read: a late writer fails and reads again. The condition cannot tell apart objects of
 * the same content, which have the same ETag, so the sweep writes once more when no earlier write can still arrive.
 */

import { waitUntil } from 'cloudflare:workers';
import { AppError } from '../errors.ts';
import { log } from '../platform/log.ts';
import { type Sql, sql } from '../platform/sql.ts';
import { startTimer, TIMED_OUT, within } from '../platform/timer.ts';

/** It would take as many writers at once to exceed it. */
const ROUNDS_MAX = 5;
/** For all calls of the bucket for one mirror. A full revocation list has 4.3 MB. */
const BUCKET_MS = 10_000;
/** A request that R2 has not answered by then never arrives: the runtime has closed its connection. */
export const LOOK_AGAIN_MS = 2 * 60_000;
/** For R2's limit of one write a second per key, and a bucket that fails for seconds. `waitUntil` ends after 30 s. */
const RETRY_AFTER_MS = [3_000, 9_000];

/** For changes of which no trigger knows that they make the mirror stale. */
export const noteStale = (key: string, condition: Sql): Sql => sql`
  INSERT INTO stale_mirrors (key, mark) SELECT ${key}, hex(randomblob(8)) WHERE ${condition}
  ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, look_again_at = 0`;

export type Mirror = {
  key: string;
  /** The content by the catalog as it is now; null: no object. */
  read: () => Promise<string | null>;
};

type Note = { mark: string; look_again_at: number };

/** A mirror as it was before a change: asked for while the change is made, it costs no time afterwards. */
export type Standing = Promise<R2Object | null>;

/**
 * Writes a stale mirror. Throws AppError `unavailable` if the bucket fails; the note stays, so a repeated call writes it.
 * `standing`: what was there, where the caller has asked already.
 */
export async function writeMirror(
  db: D1Database,
  bucket: R2Bucket,
  mirror: Mirror,
  standing?: Standing,
): Promise<void> {
  const note = await noteOf(db, mirror.key);
  if (note?.look_again_at === 0) {
    await putNoted(db, bucket, mirror, note, standing);
  }
}

/** For API calls: if the bucket fails, retries in the background, and throws all the same. */
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

/** Whether the object may lack the last change. */
export async function isStale(db: D1Database, key: string): Promise<boolean> {
  return (await noteOf(db, key))?.look_again_at === 0;
}

const noteOf = (db: D1Database, key: string): Promise<Note | null> =>
  sql`SELECT mark, look_again_at FROM stale_mirrors WHERE key = ${key}`.on(db).first<Note>();

/** Writes it, even if it was written since the change. The second write removes the note. */
export async function rewriteMirror(db: D1Database, bucket: R2Bucket, mirror: Mirror): Promise<void> {
  const note = await noteOf(db, mirror.key);
  if (note === null) {
    await putMirror(bucket, mirror);
  } else {
    await putNoted(db, bucket, mirror, note);
  }
}

/** `note`: read before the catalog is, so that a later change sets a new mark. */
async function putNoted(
  db: D1Database,
  bucket: R2Bucket,
  mirror: Mirror,
  note: Note,
  standing?: Standing,
): Promise<void> {
  await putMirror(bucket, mirror, standing);
  const action =
    note.look_again_at === 0
      ? sql`UPDATE stale_mirrors SET look_again_at = ${Date.now() + LOOK_AGAIN_MS}`
      : sql`DELETE FROM stale_mirrors`;
  await sql`${action} WHERE key = ${mirror.key} AND mark = ${note.mark}`.on(db).run();
}

async function putMirror(bucket: R2Bucket, { key, read }: Mirror, known?: Standing): Promise<void> {
  const untilMs = Date.now() + BUCKET_MS;
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    const standing = await inTime(() => (round === 1 ? known : undefined) ?? bucket.head(key), untilMs);
    const json = await read();
    if (json === null) {
      if (standing === null) {
        return;
      }
      await inTime(() => bucket.delete(key), untilMs);
      // R2 deletes without a condition, and a withdrawn film may come back (source-playback.ts): the object of a writer that
      // was faster may be gone, and its change is in the catalog by now. Next round looks.
      continue;
    }
    const onlyIf = standing === null ? { etagDoesNotMatch: '*' } : { etagMatches: standing.etag };
    const options = { onlyIf, httpMetadata: { contentType: 'application/json' } };
    const written = await inTime(() => bucket.put(key, json, options), untilMs);
    // Null if the object is no longer `standing`.
    if (written !== null) {
      return;
    }
  }
  throw unavailable(new Error(`${key} kept changing while it was written`));
}

async function inTime<T>(call: () => Promise<T>, untilMs: number): Promise<T> {
  try {
    const value = await within(Promise.resolve().then(call), Math.max(0, untilMs - Date.now()), startTimer);
    if (value !== TIMED_OUT) {
      return value;
    }
  } catch (cause) {
    throw unavailable(cause);
  }
  throw unavailable(new Error('no answer of the bucket in time'));
}

const unavailable = (cause: unknown): AppError =>
  new AppError('unavailable', {
    detail: 'The change is noted and will reach players by itself; they may not see it yet. Send it again to be sure.',
    headers: { 'retry-after': '1' },
    cause,
  });
