/** An upload as it is asked for → its row. Pure, but for the ids that it draws. */
import type { NewUpload, UploadRow } from '../../catalog/uploads.ts';
import { AppError, invalidRequest } from '../../errors.ts';
import { newAssetId } from '../../media/ids.ts';
import { sourceKey } from '../../media/keys.ts';
import { fileNameOf } from '../assets/new-asset.ts';
import { assetInputSchema } from '../resources/schemas.ts';
import { IDLE_MS, MAX_AGE_MS } from './limits.ts';
import { mediaTypeOf, shownName } from './metadata.ts';

/** `asset`: as the caller sent it. It is stored like that, since a schema's output need not be its input. */
export function assetJson(asset: unknown): string | null {
  if (asset === undefined) {
    return null;
  }
  const parsed = assetInputSchema.safeParse(asset);
  if (!parsed.success) {
    throw invalidRequest(parsed.error.issues.map(({ path, message }) => ({ path: ['asset', ...path], message })));
  }
  return JSON.stringify(asset);
}

/** When an upload is given up that was created then and gets no more bytes. */
export const expiryOf = (createdMs: number, nowMs: number): number => Math.min(nowMs + IDLE_MS, createdMs + MAX_AGE_MS);

export type UploadWish = Pick<UploadRow, 'id' | 'kind' | 'length' | 'max_bytes'> & { fileName: string | undefined } & {
  contentType: string | null | undefined;
} & Partial<NewUpload>;

/** Throws `upload_too_large`. */
export function newUpload({ fileName, contentType, ...wish }: UploadWish, nowMs: number): NewUpload {
  if ((wish.length ?? 0) > wish.max_bytes) {
    throw new AppError('upload_too_large', { detail: `At most ${wish.max_bytes} bytes` });
  }
  const shown = shownName(fileName ?? '');
  const asset = wish.asset ?? null;
  return {
    capability_hash: null,
    metadata: null,
    max_seconds: null,
    multipart_id: null,
    parts: null,
    creator_id: null,
    origins: null,
    expires_at: expiryOf(nowMs, nowMs),
    ...wish,
    asset,
    asset_id: asset === null ? null : newAssetId(),
    file_name: shown,
    content_type: mediaTypeOf(contentType),
    key: sourceKey(wish.id, fileNameOf(shown)),
  };
}
