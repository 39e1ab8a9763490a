/** @tus/server with its S3 store: the baseline of bench/upload.ts, in a process of its own. S3 is JSON of its settings. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Store } from '@tus/s3-store';
import { Server } from '@tus/server';
import { PART_BYTES } from '../../src/control/uploads/session/limits.ts';

const { endpoint, bucket, accessKeyId, secretAccessKey } = JSON.parse(process.env['S3'] ?? '');
const datastore = new S3Store({
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
    credentials: { accessKeyId, secretAccessKey },
  },
});
const tus = new Server({ path: '/files', datastore });
const server = createServer((request, response) => void tus.handle(request, response));
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files`);
});
