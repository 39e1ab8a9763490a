/** What becomes of an upload whose bytes are all in the bucket: a source, and the asset that it was made for. */

import { uploadEvent } from '../../../catalog/upload-events.ts';
import { endParts, endUpload, findUpload, finished, finishUpload, type UploadRow } from '../../../catalog/uploads.ts';
import { wakeDeliveries } from '../../../catalog/wake.ts';
import { AppError } from '../../../errors.ts';
import { newAsset, titleOf } from '../../assets/new-asset.ts';
import type { SettleEnv } from '../../encoding/workflow/settle-jobs.ts';
import { startAsset } from '../../jobs/jobs.ts';
import { type AssetInput, assetInputSchema } from '../../resources/schemas.ts';
import { sourceOfUpload } from '../../sources/locate-source.ts';

/**
 * Called when the object at the upload's key is whole; may be repeated, also at the same time. The row, the asset, its job
 * and the events are one transaction. `storedBytes`: of the object, for a caller that has just stored it; else it is asked for.
 * Throws where it has to be called again.
 */
export async function settleUpload(env: SettleEnv, id: string, storedBytes?: number): Promise<void> {
  const upload = await findUpload(env.CATALOG, id);
  if (upload === null || upload.state !== 'open') {
    return;
  }
  const sizeBytes = storedBytes ?? (await env.MEDIA.head(upload.key))?.size;
  if (sizeBytes === undefined) {
    throw new TypeError(`upload ${id} is to be settled, and its object does not exist`);
  }
  const { asset, asset_id: assetId, parts } = upload;
  if (parts !== null) {
    await endParts(env.CATALOG, id, Date.now()); // They are in it, and are deleted next.
  }
  if (asset === null || assetId === null) {
    await finishUpload(env.CATALOG, id, sizeBytes, Date.now());
    return;
  }
  const input = assetInputSchema.safeParse(JSON.parse(asset));
  if (!input.success) {
    // It was valid when the upload was created, so an earlier release has stored it.
    const message = 'This release does not accept the asset of the upload';
    await fail(env, id, sizeBytes, { code: 'invalid_request', message });
    return;
  }
  await makeAsset(env, { ...upload, asset_id: assetId }, sizeBytes, input.data);
}

type Claimed = UploadRow & { asset_id: string };

async function makeAsset(env: SettleEnv, upload: Claimed, sizeBytes: number, input: AssetInput): Promise<void> {
  const { id, asset_id } = upload;
  const nowMs = Date.now();
  const titled = { ...input, title: input.title ?? titleOf(upload.file_name) };
  const asset = newAsset(asset_id, titled, sourceOfUpload(upload));
  const along = [finished(id, sizeBytes, nowMs).on(env.CATALOG), ...uploadEvent(env.CATALOG, id, nowMs)];
  try {
    await startAsset(env, asset, input.priority, along);
  } catch (error) {
    if ((await findUpload(env.CATALOG, id))?.state !== 'open') {
      return; // Another call has done it, or the upload has been deleted.
    }
    if (error instanceof AppError && error.code === 'source_not_found') {
      const message = 'The file was deleted before the asset was made';
      await fail(env, id, sizeBytes, { code: error.code, message });
      return;
    }
    throw error;
  }
  await wakeDeliveries([{ asset: id }]);
}

/** One of its parts was deleted before it was put together. */
export async function failWhole(env: SettleEnv, id: string): Promise<void> {
  const { length } = (await findUpload(env.CATALOG, id)) ?? {};
  const message = 'A part was deleted, or used for another upload, before it was put together';
  await fail(env, id, length ?? 0, { code: 'source_not_found', message });
}

const fail = (
  { CATALOG }: SettleEnv,
  id: string,
  length: number,
  error: { code: string; message: string },
): Promise<void> => endUpload(CATALOG, id, { state: 'failed', length, error }, Date.now());
