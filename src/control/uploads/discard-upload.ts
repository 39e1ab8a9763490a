/** Giving up an upload: its bytes, and its row. */
import { endUpload, type UploadRow } from '../../catalog/uploads.ts';
import { AppError } from '../../errors.ts';
import { sessionOf, throwUnavailable, type UploadEnv } from './append.ts';
import { discardDirect } from './direct-upload.ts';

/** Forgets the bytes of an upload that has not become a source. May be repeated. */
export async function discardUpload(env: UploadEnv, upload: UploadRow): Promise<void> {
  if (upload.kind === 'direct') {
    await discardDirect(env, upload);
    return;
  }
  await sessionOf(env, upload.id).discard().catch(throwUnavailable);
  if (upload.kind === 'part') {
    await env.MEDIA.delete(upload.key);
  }
}

/** Throws `upload_closed`. The bytes go first: a row that is left behind is found by the sweep. */
export async function removeUpload(env: UploadEnv, upload: UploadRow): Promise<void> {
  if (upload.state !== 'open' && upload.kind !== 'part') {
    throw new AppError('upload_closed', { detail: 'The upload has become a source, which garbage collection removes' });
  }
  await discardUpload(env, upload);
  await endUpload(env.CATALOG, upload.id, { state: 'deleted' }, Date.now());
}
