/** Uploads by clients of other authors to a running system, whose bytes are read again from the bucket. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasTuspy, PYTHON } from '../../scripts/setup-checks.mjs';
import { run } from '../system/ffmpeg.ts';
import { type HeldSystem, holdSystem } from '../system/held-system.ts';
import { storedSha256, tusUpload, untilEnded, uploadIdIn } from '../system/uploads.ts';

/** Parts of R2 (16 MiB) and what is left over; thirds of it are none. */
const FILM = randomBytes(34 * 1024 ** 2 + 12_345);
const SHA256 = createHash('sha256').update(FILM).digest('hex');
const BODY_BYTES = 20_000_000;

let held: HeldSystem;
let folder: string;

beforeAll(async () => {
  held = await holdSystem({ encoders: 0 });
  folder = await mkdtemp(join(tmpdir(), 'sluice-uploads-'));
});

afterAll(async () => {
  await held?.release();
  await rm(folder, { recursive: true, force: true });
});

/** One file, whole and once, whatever was sent on the way. */
async function expectStored(url: string): Promise<void> {
  const { api, s3 } = held.system;
  const id = uploadIdIn(url);
  expect(await untilEnded(api, id)).toMatchObject({
    state: 'finished',
    fileName: 'film.mp4',
    lengthBytes: FILM.length,
  });
  expect(await storedSha256(s3, id)).toBe(SHA256);
}

test.each([
  ['tus-js-client, three parts at once', { parallelUploads: 3 }],
  ['tus-js-client, three parts at once in several bodies', { parallelUploads: 3, chunkSize: 5_000_000 }],
  ['tus-js-client, a length that is told last', { uploadLengthDeferred: true, chunkSize: BODY_BYTES }],
  ['tus-js-client, interop version 5 of the IETF draft', { protocol: 'ietf-draft-03', chunkSize: BODY_BYTES }],
  ['tus-js-client, interop version 6 of the IETF draft', { protocol: 'ietf-draft-05', chunkSize: BODY_BYTES }],
] as const)('%s', async (_name, options) => {
  await expectStored(await tusUpload(held.system, FILM, options));
});

/** It stops in between, and another process goes on; every body has a SHA-1. */
const TUSPY = `
import sys
from tusclient.client import TusClient
server, token, path = sys.argv[1:]
client = TusClient(server + '/v1/uploads', headers={'Authorization': 'Bearer ' + token})
options = dict(chunk_size=${BODY_BYTES}, upload_checksum=True)
begun = client.uploader(path, metadata={'filename': 'film.mp4'}, **options)
begun.upload(stop_at=${BODY_BYTES})
assert begun.offset == ${BODY_BYTES}, begun.offset
continued = TusClient('').uploader(path, url=begun.url, **options)
assert continued.offset == ${BODY_BYTES}, continued.offset
continued.upload()
print(begun.url)
`;

if (!hasTuspy()) {
  console.warn(`left out: the upload by tuspy, because ${PYTHON} has none (Debian: python3-tuspy)`);
}

test.skipIf(!hasTuspy())('tuspy', async () => {
  const path = join(folder, 'film.mp4');
  await writeFile(path, FILM);
  const { url, apiToken } = held.system;
  await expectStored((await run(PYTHON, ['-c', TUSPY, url, apiToken, path])).toString().trim());
});
