/** Uploads of the client: whole, cut off and gone on with, refused. */
import { randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiError } from '../../client/api.ts';
import { createUploadStore } from '../../client/cli/upload-store.ts';
import { type UploadOptions, uploadFile } from '../../client/upload.ts';
import { type FakeServer, startFakeServer, UPLOAD } from './fake-server.ts';

const FILM = randomBytes(1_000_000);

let server: FakeServer;
let directory: string;
let options: UploadOptions;

beforeEach(async () => {
  server = await startFakeServer();
  directory = mkdtempSync(join(tmpdir(), 'sluice-upload-'));
  const path = join(directory, 'žeton.mp4');
  writeFileSync(path, FILM);
  options = {
    server: `${server.url}/stats/a-page`,
    token: 'secret',
    file: createReadStream(path),
    fileName: 'žeton.mp4',
    asset: { title: 'Žeton', policy: 'public' },
    urlStorage: createUploadStore(join(directory, 'state')),
  };
});

afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

test('a file arrives with its name and what it is to become; the token goes to the API alone', async () => {
  const shown: number[] = [];
  const uploaded = await uploadFile({ ...options, onProgress: (sent, total) => shown.push(sent / total) });
  expect(uploaded).toEqual({ upload: UPLOAD.id, asset: UPLOAD.asset });
  expect(server.bytes.equals(FILM)).toBe(true);
  expect(server.metadata).toEqual({ filename: 'žeton.mp4', asset: '{"title":"Žeton","policy":"public"}' });
  const location = `/v1/uploads/${UPLOAD.id}${UPLOAD.secret}`;
  expect(server.asked).toEqual([
    'POST /v1/uploads Bearer secret',
    `PATCH ${location} -`,
    `GET /v1/uploads/${UPLOAD.id} Bearer secret`,
  ]);
  expect(shown.at(-1)).toBe(1);
  // The library does not wait for it.
  await expect.poll(() => readdirSync(join(directory, 'state'))).toEqual([]);
});

test('a server that is unavailable when it is asked where the upload stands has not lost it', async () => {
  server.cutAfterBytes = 400_000;
  const where = `HEAD /v1/uploads/${UPLOAD.id}${UPLOAD.secret}`;
  server.answers[where] = { status: 503, body: '' };
  let asked = 0;
  server.onRequest = (method) => {
    if (method === 'HEAD' && ++asked === 2) {
      delete server.answers[where];
    }
  };
  await uploadFile(options);
  expect(server.offsets).toEqual([0, 400_000]);
  expect(server.asked.filter((line) => line.startsWith('POST'))).toHaveLength(1);
});

test('after a cut, the rest is sent', async () => {
  server.cutAfterBytes = 400_000;
  await uploadFile(options);
  expect(server.offsets).toEqual([0, 400_000]);
  expect(server.bytes.equals(FILM)).toBe(true);
});

test('what another process has begun is gone on with, and its URL is kept from other users', async () => {
  const stop = new AbortController();
  server.cutAfterBytes = 600_000;
  const reason = new Error('closed');
  // The connection is cut, and as the client asks what has arrived, it is ended.
  server.onRequest = (method) => method === 'HEAD' && stop.abort(reason);
  await expect(uploadFile({ ...options, signal: stop.signal })).rejects.toBe(reason);
  const [stored = ''] = readdirSync(join(directory, 'state'));
  expect(statSync(join(directory, 'state', stored)).mode & 0o777).toBe(0o600);
  await uploadFile({ ...options, file: createReadStream(join(directory, 'žeton.mp4')) });
  expect(server.offsets).toEqual([0, 600_000]);
  expect(server.asked.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  expect(server.bytes.equals(FILM)).toBe(true);
});

test('an upload that is not known any more, or whose record is broken, begins anew', async () => {
  const store = createUploadStore(join(directory, 'state'));
  const broken = await store.addUpload('a', {
    size: 1,
    metadata: {},
    creationTime: '',
    urlStorageKey: '',
    uploadUrl: `${server.url}/v1/uploads/gone`,
    parallelUploadUrls: null,
  });
  expect(await store.findUploadsByFingerprint('a')).toHaveLength(1);
  const gone = readFileSync(broken, 'utf8');
  writeFileSync(broken, '{');
  expect(await store.findUploadsByFingerprint('a')).toEqual([]);
  const urlStorage = {
    ...store,
    findUploadsByFingerprint: async () => [{ ...JSON.parse(gone), urlStorageKey: broken }],
  };
  await uploadFile({ ...options, urlStorage });
  expect(server.asked[0]).toBe('HEAD /v1/uploads/gone -');
  expect(server.bytes.equals(FILM)).toBe(true);
});

test('a refusal is the problem of the server', async () => {
  const problem = { type: 'about:blank', title: 'Too large', status: 413, code: 'payload_too_large' };
  server.answers['POST /v1/uploads'] = { status: 413, body: problem };
  const error = await uploadFile(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 413, problem: { code: 'payload_too_large' } });
});

test('a file that cannot become an asset is told', async () => {
  const error = { code: 'invalid_request', message: 'No such language' };
  server.answers[`GET /v1/uploads/${UPLOAD.id}`] = { body: { state: 'failed', asset: null, error } };
  const thrown = await uploadFile(options).catch((reason: unknown) => reason);
  expect(thrown).toMatchObject({ problem: { code: 'invalid_request', title: 'No such language' } });
});

test('no error tells the URL of the upload, which is a credential', async () => {
  server.answers[`PATCH /v1/uploads/${UPLOAD.id}${UPLOAD.secret}`] = { status: 400, body: 'no' };
  const error = await uploadFile(options).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: 400 });
  expect(String(error)).not.toContain(UPLOAD.secret);
});

test('a link needs no token, and decides itself what the file becomes', async () => {
  const { file, fileName } = options;
  const uploaded = await uploadFile({ link: `${server.url}/v1/uploads?link=once`, file, fileName });
  expect(uploaded.asset).toBe(UPLOAD.asset);
  expect(server.asked[0]).toBe('POST /v1/uploads?link=once -');
  expect(server.metadata).toEqual({ filename: 'žeton.mp4' });
});

test('what the server has found in the index is told once, as soon as it is there', async () => {
  const told: [look: string, bytes: number][] = [];
  const onLook = (look: string) => told.push([look, server.bytes.length]);
  server.look = 'video_codec';
  server.cutAfterBytes = 400_000;
  await uploadFile({ ...options, onLook });
  expect(told).toEqual([['video_codec', 400_000]]);
});

test('of a server that says nothing of the index, nothing is told', async () => {
  await uploadFile({ ...options, onLook: () => expect.unreachable() });
});
