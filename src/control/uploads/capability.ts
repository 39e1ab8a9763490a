/** The secret step of an upload's URL. D1 keeps its hash alone. */
import { findUpload, type UploadRow } from '../../catalog/uploads.ts';
import { AppError } from '../../errors.ts';
import { uploadIdOf } from '../../media/ids.ts';
import { toHex } from '../../platform/encodings.ts';

/** SHA-256. The secrets are random and long, so that neither salt nor slowness is needed. */
export async function hashOf(secret: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))));
}

/** The upload that this opens, in whatever state. Throws `upload_not_found`, for a false secret too. */
export async function openedBy(db: D1Database, capability: string): Promise<UploadRow> {
  const id = uploadIdOf(capability);
  const [upload, hash] = await Promise.all([id === null ? null : findUpload(db, id), hashOf(capability)]);
  if (upload === null || upload.capability_hash !== hash) {
    throw new AppError('upload_not_found');
  }
  return upload;
}
