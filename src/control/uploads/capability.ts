/** The secret step of an upload's URL. D1 keeps its hash alone, which needs no salt: the secret is random and long. */
import { findUpload, type UploadRow } from '../../catalog/uploads.ts';
import { AppError } from '../../errors.ts';
import { uploadIdOf } from '../../media/ids.ts';
import { sha256Hex } from '../../platform/encodings.ts';

/** The upload that this opens, in whatever state. Throws `upload_not_found`, for a false secret too. */
export async function openedBy(db: D1Database, capability: string): Promise<UploadRow> {
  const id = uploadIdOf(capability);
  const [upload, hash] = await Promise.all([id === null ? null : findUpload(db, id), sha256Hex(capability)]);
  if (upload === null || upload.capability_hash !== hash) {
    throw new AppError('upload_not_found');
  }
  return upload;
}
