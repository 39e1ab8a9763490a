/**
 * What docs/guide/clients.md shows, against a running system: the lines for curl and the Python as they stand, and the
 * `sluice` command of the package as `npm pack` makes it, killed in the middle of an upload.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AwsClient } from 'aws4fetch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/system.ts';
import { type HeldSystem, holdSystem } from '../system/held-system.ts';

/** More than one chunk of 48 MiB. */
const FILM_BYTES = 60_000_000;

const guide = readFileSync(join(ROOT, 'docs/guide/clients.md'), 'utf8');
const section = (name: string): string => guide.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
const codeOf = (name: string, language: string): string[] =>
  [...section(name).matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code = '']) => code);

let held: HeldSystem;
let directory: string;
let film: Buffer;

beforeAll(async () => {
  held = await holdSystem({ encoders: 0 });
  directory = mkdtempSync(join(tmpdir(), 'sluice-clients-'));
  film = randomBytes(FILM_BYTES);
  writeFileSync(join(directory, 'film.mp4'), film);
});

afterAll(async () => {
  await held?.release();
  rmSync(directory, { recursive: true });
});

const environment = () => {
  const { url, apiToken } = held.system;
  const ours = { SLUICE: url, TOKEN: apiToken, SLUICE_URL: url, SLUICE_TOKEN: apiToken, XDG_STATE_HOME: directory };
  return { PATH: process.env['PATH'], ...ours };
};

const run = async (command: string, args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(command, args, { cwd: directory, env: environment() })).stdout;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The newest upload is the film, byte by byte, and an asset with that title. */
async function expectArrived(assetId: string, title: string): Promise<void> {
  const { api, s3 } = held.system;
  expect(await api.call('GET /assets/{id}', { path: { id: assetId } })).toMatchObject({ title });
  const [upload] = (await api.call('GET /uploads', { query: { limit: 1 } })).uploads;
  expect(upload).toMatchObject({ state: 'finished', asset: assetId, fileName: 'film.mp4', lengthBytes: FILM_BYTES });
  const { accessKeyId, secretAccessKey } = s3;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto' });
  const stored = await client.fetch(`${s3.endpoint}/${s3.bucket}/sources/${upload?.id}/film.mp4`);
  expect(sha256(await stored.bytes())).toBe(sha256(film));
}

test('curl: create an asset, upload, sign a link', async () => {
  const [create = '', upload = '', link = ''] = codeOf('curl', 'sh');
  const created = await run('sh', ['-euc', create]);
  expect(JSON.parse(created)).toMatchObject({ title: 'My film', status: 'waiting' });
  const [asset = '', answer = ''] = (await run('sh', ['-euc', `${upload}\necho "$ASSET"\n${link}`])).split('\n');
  expect(JSON.parse(answer)).toMatchObject({ watch: expect.stringContaining('/watch/') });
  await expectArrived(asset, 'My film');
});

test('Python: upload and sign a link', async () => {
  const [library = '', use = ''] = codeOf('Python', 'python');
  expect(await run('python3', ['-c', `${library}\n${use}\nprint(asset)`])).toMatch(/\/watch\/eyJ.*\n[0-9a-z]{16}\n$/);
  const [{ id } = { id: '' }] = (await held.system.api.call('GET /assets', { query: { limit: 1 } })).assets;
  await expectArrived(id, 'My film');
});

test('sluice, as it is packed: an upload that is killed is gone on with', async () => {
  const out = join(directory, 'package/dist');
  const built = spawnSync(join(ROOT, 'client/node_modules/.bin/tsc'), ['-p', join(ROOT, 'client'), '--outDir', out]);
  expect(built.stdout.toString()).toBe('');
  writeFileSync(join(directory, 'package/package.json'), readFileSync(join(ROOT, 'client/package.json')));
  mkdirSync(join(directory, 'node_modules'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'package/node_modules'));
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'client/package.json'), 'utf8'));
  const argv = [join(directory, 'package', bin.sluice), 'upload', 'film.mp4', '--title', 'Žeton', '--json'];

  const killed = spawn(process.execPath, argv, { cwd: directory, env: environment() });
  const ended = once(killed, 'exit');
  // As soon as the server has some of it.
  let received = 0;
  while (received === 0) {
    const [upload] = (await held.system.api.call('GET /uploads', { query: { state: 'open' } })).uploads;
    if (upload !== undefined) {
      ({ receivedBytes: received } = await held.system.api.call('GET /uploads/{id}', { path: { id: upload.id } }));
    }
  }
  killed.kill('SIGKILL');
  await ended;

  const { asset, upload } = JSON.parse(await run(process.execPath, argv));
  await expectArrived(asset, 'Žeton');
  const { uploads } = await held.system.api.call('GET /uploads', {});
  expect(uploads.filter(({ id }) => id === upload)).toHaveLength(1);
  expect(uploads.filter(({ state }) => state !== 'finished')).toEqual([]);
});
