/** Ingests a file: uploads it as any client does, with the asset that it becomes. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../client/api.ts';
import type { Schemas } from '../client/api-types.ts';
import { type UploadOptions, uploadFile } from '../client/upload.ts';

export type IngestOptions = Pick<UploadOptions, 'onLook'> & { path: string; title?: string; api: Api };

/** Resolves once the asset exists. When it throws, there is none, or it is made a little later. */
export async function ingestFile({ path, title, api, ...told }: IngestOptions): Promise<Schemas['Asset']> {
  const asset = title === undefined ? {} : { title };
  const file = createReadStream(path);
  const uploaded = await uploadFile({ ...api.access, file, fileName: basename(path), asset, ...told });
  return api.call('GET /assets/{id}', { path: { id: uploaded.asset ?? '' } });
}

/** Polls an asset until it is ready. Throws when it has failed or the deadline has passed. */
export async function untilReady(
  readAsset: () => Promise<{ status: string; error?: unknown }>,
  { pollMs, deadlineMs }: { pollMs: number; deadlineMs: number },
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (let asset = await readAsset(); asset.status !== 'ready'; asset = await readAsset()) {
    if (asset.status === 'failed' || performance.now() > deadline) {
      throw new Error(`the asset is ${asset.status}, not ready: ${JSON.stringify(asset.error)}`);
    }
    await sleep(pollMs);
  }
}
