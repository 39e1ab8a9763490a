/** The file that a version plays from, as it was uploaded. */
import { AppError } from '../../errors.ts';
import { sourceIndexKey, type VersionRef } from '../../media/keys.ts';
import { readIndexMetadata } from '../../media/made/source-index.ts';
import { retried } from '../objects/objects.ts';
import type { DownloadFile } from './serve-file.ts';
import type { Piece } from './write-pieces.ts';

async function indexFacts(bucket: R2Bucket, ref: VersionRef) {
  const head = await retried(async () => {
    try {
      return await bucket.head(sourceIndexKey(ref));
    } catch (cause) {
      throw new AppError('unavailable', { cause });
    }
  });
  const facts = readIndexMetadata(head?.customMetadata);
  if (facts === null) {
    throw new AppError('download_unavailable');
  }
  return facts;
}

/** Throws AppError `download_unavailable` and `unavailable`. */
export async function sourceFile(bucket: R2Bucket, ref: VersionRef, fileName: string): Promise<DownloadFile> {
  const { sourceKey: key, sourceEtag, sourceBytes: sizeBytes } = await indexFacts(bucket, ref);
  const etag = `"${sourceEtag}"`;
  const pieces = function* (offset: number, length: number): Generator<Piece> {
    yield { kind: 'stored', key, offset, length, sizeBytes, etag };
  };
  return { sizeBytes, etag, contentType: 'video/mp4', fileName, pieces };
}
