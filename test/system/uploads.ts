/** Uploads by tus-js-client, and what the bucket has of them. */
import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { Upload, type UploadOptions } from 'tus-js-client';
import { patiently } from '../../bench/chaos/patience.ts';
import type { Api } from '../../client/api.ts';
import type { Schemas } from '../../client/api-types.ts';
import type { S3Access } from '../../scripts/system.ts';

/** Resolves with the upload's URL. */
export const tusUpload = (
  { url, apiToken }: { url: string; apiToken: string },
  film: Buffer,
  options: Partial<UploadOptions>,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const upload = new Upload(film, {
      endpoint: `${url}/v1/uploads`,
      headers: { authorization: `Bearer ${apiToken}` },
      metadata: { filename: 'film.mp4' },
      ...options,
      onError: reject,
      onSuccess: () => resolve(upload.url ?? ''),
    });
    upload.start();
  });

export const uploadIdIn = (url: string): string => new URL(url).pathname.split('/').at(-1)?.slice(0, 16) ?? '';

/** Parts become a whole a little after the client is told that they will. */
export const untilEnded = (api: Api, id: string): Promise<Schemas['Upload']> =>
  patiently(async () => {
    const upload = await api.call('GET /uploads/{id}', { path: { id } });
    if (upload.state === 'open') {
      throw new Error(`upload ${id} is still open`);
    }
    return upload;
  });

/** Of the source that an upload named `film.mp4` became. */
export async function storedSha256({ endpoint, bucket, ...keys }: S3Access, uploadId: string): Promise<string> {
  const client = new AwsClient({ ...keys, service: 's3', region: 'auto' });
  const response = await client.fetch(`${endpoint}/${bucket}/sources/${uploadId}/film.mp4`);
  if (!response.ok) {
    throw new Error(`the source of upload ${uploadId}: ${response.status} ${await response.text()}`);
  }
  return createHash('sha256')
    .update(await response.bytes())
    .digest('hex');
}
