/** Forgets the bytes of an upload that has not become a source. May be repeated. */
import type { UploadRow } from '../../catalog/uploads.ts';
import { sessionOf, throwUnavailable, type UploadEnv } from './append.ts';

export async function discardUpload(env: UploadEnv, upload: UploadRow): Promise<void> {
  if (upload.kind === 'direct') {
    return;
  }
  await sessionOf(env, upload.id).discard().catch(throwUnavailable);
  if (upload.kind === 'part') {
    await env.MEDIA.delete(upload.key);
  }
}
