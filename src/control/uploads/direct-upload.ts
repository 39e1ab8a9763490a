/**
 * Uploads that go to the bucket without passing the Worker: a multipart upload of R2, whose parts are sent to presigned URLs. R2
 * holds what has arrived; the row says that the upload exists.
 */
import { changeOpenUpload, endUpload, findUpload, insertUpload, type UploadRow } from '../../catalog/uploads.ts';
import { AppError, invalidMember } from '../../errors.ts';
import { newUploadId } from '../../media/ids.ts';
import { bucketErrorOf } from '../../platform/binding-errors.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { NO_SUCH_UPLOAD, PART_BYTES, PARTS_MAX } from '../../platform/multipart.ts';
import type { SettleEnv } from '../encoding/workflow/settle-jobs.ts';
import { findObject } from '../sources/locate-source.ts';
import { assetJson, expiryOf, newUpload } from './new-upload.ts';
import { UPLOAD_BYTES_MAX } from './session/limits.ts';
import { settleUpload } from './settle/settle-upload.ts';

export type DirectUpload = UploadRow & { multipart_id: string };

export const partCountOf = ({ length }: Pick<UploadRow, 'length'>): number | null =>
  length === null ? null : Math.ceil(length / PART_BYTES);

type Wish = {
  filename: string;
  length?: number | undefined;
  contentType?: string | undefined;
  asset?: unknown;
  creatorId?: string | undefined;
};

/** Throws `upload_too_large`, `invalid_request` or `unavailable`. */
export async function createDirect({ CATALOG, MEDIA }: Bindings, wish: Wish, nowMs: number) {
  const upload = newUpload(
    {
      id: newUploadId(),
      kind: 'direct',
      length: wish.length ?? null,
      max_bytes: UPLOAD_BYTES_MAX,
      fileName: wish.filename,
      contentType: wish.contentType,
      asset: assetJson(wish.asset),
      creator_id: wish.creatorId ?? null,
    },
    nowMs,
  );
  const httpMetadata = upload.content_type === null ? {} : { contentType: upload.content_type };
  // Without its row, R2 drops it after seven days.
  const { uploadId } = await MEDIA.createMultipartUpload(upload.key, { httpMetadata }).catch(unavailable);
  await insertUpload(CATALOG, { ...upload, multipart_id: uploadId }, nowMs);
  return upload;
}

/** Throws `upload_not_found`, `upload_gone` or `upload_closed`. A finished one is still found. */
async function findDirect({ CATALOG }: Pick<Bindings, 'CATALOG'>, id: string): Promise<DirectUpload> {
  const upload = await findUpload(CATALOG, id);
  if (upload?.kind !== 'direct' || upload.multipart_id === null) {
    throw new AppError('upload_not_found');
  }
  if (isGivenUp(upload)) {
    throw new AppError('upload_gone');
  }
  if (upload.state === 'failed') {
    throw new AppError('upload_closed', { detail: 'The upload has failed' });
  }
  return { ...upload, multipart_id: upload.multipart_id };
}

/**
 * For one whose parts are still sent. Throws as `findDirect` does, `upload_closed` for a finished one, and `invalid_request` for
 * parts that it does not have.
 */
export async function keepDirect(
  env: Bindings,
  id: string,
  numbers: readonly number[],
  nowMs: number,
): Promise<DirectUpload> {
  const upload = await findDirect(env, id);
  if (upload.state !== 'open') {
    throw new AppError('upload_closed');
  }
  const count = partCountOf(upload) ?? PARTS_MAX;
  if (numbers.some((number) => number > count)) {
    throw invalidMember('numbers', `must be at most ${count}, the number of parts`);
  }
  const expiresAt = expiryOf(upload.created_at, nowMs);
  await changeOpenUpload(env.CATALOG, id, { expiresAt }, nowMs);
  return { ...upload, expires_at: expiresAt };
}

export type SentPart = { number: number; etag: string };

/**
 * Makes the object of the parts, and of the object what an upload becomes. May be repeated: an object that stands is not made
 * again. Throws as `findDirect` does, and `invalid_request`, `upload_parts_refused`, `upload_length_mismatch`, `upload_too_large`
 * or `unavailable`.
 */
export async function completeDirect(env: SettleEnv, id: string, parts: readonly SentPart[]): Promise<UploadRow> {
  const upload = await findDirect(env, id);
  if (upload.state === 'open') {
    const object = (await findObject(env, upload.key)) ?? (await assemble(env, upload, parts));
    await checkSize(env, upload, object.size);
    await settleUpload(env, id, object.size);
  }
  const settled = await findUpload(env.CATALOG, id);
  if (settled !== null && isGivenUp(settled)) {
    // Meanwhile: the object came after what was discarded.
    await env.MEDIA.delete(upload.key);
  }
  return findDirect(env, id);
}

const isGivenUp = ({ state }: UploadRow): boolean => state === 'expired' || state === 'deleted';

/** Codes of R2 for parts that it does not have, or that are too small or unequal; and for an upload that is gone. */
const REFUSALS = [10_011, NO_SUCH_UPLOAD, 10_025, 10_048];

async function assemble({ MEDIA }: Bindings, upload: DirectUpload, parts: readonly SentPart[]): Promise<R2Object> {
  const count = partCountOf(upload) ?? parts.length;
  if (parts.length !== count || parts.some(({ number }, index) => number !== index + 1)) {
    throw invalidMember('parts', `must be the parts 1 to ${count}, in this order`);
  }
  const multipart = MEDIA.resumeMultipartUpload(upload.key, upload.multipart_id);
  try {
    return await multipart.complete(parts.map(({ number, etag }) => ({ partNumber: number, etag: unquoted(etag) })));
  } catch (error) {
    // A call at the same time, or one whose answer was lost, has made it.
    const standing = await findObject({ MEDIA }, upload.key);
    if (standing !== null) {
      return standing;
    }
    const code = bucketErrorOf(error);
    return code !== null && REFUSALS.includes(code) ? refuseParts(code) : unavailable(error);
  }
}

/** As S3 sends it in the header, and as R2's binding takes it. */
const unquoted = (etag: string): string => etag.replace(/^"(.*)"$/, '$1');

/** The bucket has taken the parts, whatever their sizes were. What does not fit is deleted before the row says so. */
async function checkSize({ CATALOG, MEDIA }: Bindings, upload: DirectUpload, sizeBytes: number): Promise<void> {
  const { id, key, length, max_bytes } = upload;
  if (sizeBytes <= max_bytes && (length === null || length === sizeBytes)) {
    return;
  }
  const code = sizeBytes > max_bytes ? 'upload_too_large' : 'upload_length_mismatch';
  const message = `The parts have ${sizeBytes} bytes together, not ${length ?? `at most ${max_bytes}`}`;
  await MEDIA.delete(key);
  await endUpload(CATALOG, id, { state: 'failed', length: sizeBytes, error: { code, message } }, Date.now());
  throw new AppError(code, { detail: message });
}

/** Whether it was completed, and lacks what `completeDirect` does after that. A wrong length is for that call to refuse. */
export async function isDirectStored(env: Bindings, { key, length }: UploadRow): Promise<boolean> {
  const object = await findObject(env, key);
  return object !== null && (length === null || object.size === length);
}

/**
 * For deletion and expiry; may be repeated. R2 either aborts or completes: an upload that is complete is left as it is, so that
 * nothing is taken from an asset that is made of it at the same time.
 */
export async function discardDirect({ MEDIA }: Pick<Bindings, 'MEDIA'>, upload: UploadRow): Promise<void> {
  const { key, multipart_id } = upload;
  try {
    await (multipart_id && MEDIA.resumeMultipartUpload(key, multipart_id).abort());
  } catch (error) {
    if (bucketErrorOf(error) !== NO_SUCH_UPLOAD) {
      unavailable(error);
    }
  }
}

function refuseParts(code: number): never {
  throw new AppError('upload_parts_refused', {
    detail:
      code === NO_SUCH_UPLOAD
        ? 'The bucket no longer has the parts'
        : `R2 refuses them (${code}): all parts but the last must have the same size, of at least 5 MiB`,
  });
}

function unavailable(cause: unknown): never {
  throw new AppError('unavailable', { headers: { 'retry-after': '1' }, cause });
}
