/** Each minute: gives up uploads that have expired, and forgets those that ended long ago. */
import { sweepDue } from '../../catalog/sweep.ts';
import { EXPIRING, endUpload, findUpload, pruneUploads, type UploadRow } from '../../catalog/uploads.ts';
import { log } from '../../platform/log.ts';
import type { SettleEnv } from '../encoding/workflow/settle-jobs.ts';
import { findObject } from '../sources/locate-source.ts';
import { statusOf, type UploadEnv } from './append.ts';
import { isDirectStored } from './direct-upload.ts';
import { discardUpload } from './discard-upload.ts';
import { KEPT_MS } from './limits.ts';
import { settleUpload } from './settle/settle-upload.ts';

/** An expiry that seems far ahead is kept: a clock that was set back must not cost anybody an upload. */
const ANY_TIME_MS = Number.MAX_SAFE_INTEGER / 2;

export async function sweepUploads(env: UploadEnv & SettleEnv, nowMs: number): Promise<void> {
  await sweepDue(env.CATALOG, EXPIRING, ANY_TIME_MS, nowMs, (id) =>
    expire(env, id, nowMs).catch((error: unknown) => {
      log.warn({ event: 'upload_not_expired', id, reason: String(error) });
    }),
  );
  await pruneUploads(env.CATALOG, nowMs - KEPT_MS);
}

/** The bytes go first, so that a crash in between leaves a row that the next sweep finds. */
async function expire(env: UploadEnv & SettleEnv, id: string, nowMs: number): Promise<void> {
  const upload = await findUpload(env.CATALOG, id);
  if (upload === null || upload.expires_at > nowMs) {
    return;
  }
  if (upload.state === 'open' && (await isStored(env, upload))) {
    await settleUpload(env, id); // All bytes were acknowledged.
    return;
  }
  await discardUpload(env, upload);
  await endUpload(env.CATALOG, id, { state: 'expired' }, nowMs);
}

const isStored = async (env: UploadEnv, upload: UploadRow): Promise<boolean> =>
  upload.kind === 'direct'
    ? isDirectStored(env, upload)
    : (await statusOf(env, upload)).isStored && (await findObject(env, upload.key)) !== null;
