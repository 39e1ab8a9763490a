/** @tus/server with its S3 store: the baseline of bench/upload.ts, in a process of its own. S3 is JSON of its settings. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Store } from '@tus/s3-store';
import { Server } from '@tus/server';
import { PART_BYTES } from '../../src/platform/multipart.ts';

type Part = { PartNumber?: number; ETag?: string; Size?: number };

/** The local endpoint cannot list parts: they are kept here, which saves the store a call for each body. */
class StoreWithList extends S3Store {
  readonly #parts = new Map<string, Part[]>();

  protected override async uploadPart(...args: Parameters<S3Store['uploadPart']>): Promise<string> {
    const [{ file }, , PartNumber] = args;
    const ETag = await super.uploadPart(...args);
    this.#parts.set(file.id, [...(this.#parts.get(file.id) ?? []), { PartNumber, ETag, Size: PART_BYTES }]);
    return ETag;
  }

  protected override async retrieveParts(id: string): Promise<Part[]> {
    return (this.#parts.get(id) ?? []).toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
  }
}

const { endpoint, bucket, accessKeyId, secretAccessKey } = JSON.parse(process.env['S3'] ?? '');
const datastore = new StoreWithList({
  // R2 wants equal parts (the store's README).
  partSize: PART_BYTES,
  minPartSize: PART_BYTES,
  // R2 has no tags.
  useTags: false,
  s3ClientConfig: {
    bucket,
    endpoint,
    region: 'auto',
    forcePathStyle: true,
    // The local endpoint takes no checksums in trailers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    credentials: { accessKeyId, secretAccessKey },
  },
});
const tus = new Server({ path: '/files', datastore });
const server = createServer((request, response) => void tus.handle(request, response));
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files`);
});
