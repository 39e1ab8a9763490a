/**
 * URLs to which the parts of a direct upload are sent: R2's S3 endpoint, presigned. The signature covers method, key, number and
 * multipart upload, so that a URL stores this part and does nothing else.
 */
import { AwsClient } from 'aws4fetch';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';

/** A request has to begin within this. A part that is sent again after it needs a new URL. */
export const PART_URL_SECONDS = 3600;

const SETTINGS = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

export type S3Access = { bucketUrl: string; accessKeyId: string; secretAccessKey: string };

/** Throws `direct_unavailable`, which names what is missing. */
export function s3AccessOf(env: object): S3Access {
  const config = configOf(env);
  const missing = SETTINGS.filter((name) => config[name] === undefined);
  if (missing.length > 0) {
    throw new AppError('direct_unavailable', { detail: `The Worker lacks ${missing.join(', ')}` });
  }
  const [endpoint = '', bucket = '', accessKeyId = '', secretAccessKey = ''] = SETTINGS.map((name) => config[name]);
  return { bucketUrl: `${endpoint}/${bucket}`, accessKeyId, secretAccessKey };
}

export type PartUrl = { number: number; url: string };

/** `key`: of an upload, so it needs no escaping. */
export function partUrls(
  { bucketUrl, accessKeyId, secretAccessKey }: S3Access,
  upload: { key: string; multipartId: string },
  numbers: readonly number[],
): Promise<PartUrl[]> {
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto' });
  return Promise.all(
    numbers.map(async (number) => {
      const url = new URL(`${bucketUrl}/${upload.key}`);
      url.searchParams.set('X-Amz-Expires', String(PART_URL_SECONDS));
      url.searchParams.set('partNumber', String(number));
      url.searchParams.set('uploadId', upload.multipartId);
      const signed = await client.sign(url, { method: 'PUT', aws: { signQuery: true } });
      return { number, url: signed.url };
    }),
  );
}
