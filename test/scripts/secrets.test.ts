/** The generated secrets: there is one set per state directory, it is private, and a damaged file is never papered over. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importJWK, jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadOrMakeSecrets, readSecrets, secretsPath } from '../../scripts/secrets.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-secrets-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('has none before the first start', () => {
  expect(readSecrets(folder)).toBeNull();
});

it('makes them once, in a file for the owner alone', async () => {
  const made = await loadOrMakeSecrets(join(folder, 'new'));
  expect(await loadOrMakeSecrets(join(folder, 'new'))).toEqual(made);
  expect(statSync(secretsPath(join(folder, 'new'))).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
});

it('closes a folder that others could read, and leaves one that is not its own', async () => {
  chmodSync(folder, 0o755);
  await loadOrMakeSecrets(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const shared = mkdtempSync(join(folder, 'shared-'));
  writeFileSync(join(shared, 'letter.txt'), '');
  chmodSync(shared, 0o755);
  await expect(loadOrMakeSecrets(shared)).rejects.toThrow(/folder of its own/);
  expect(statSync(shared).mode & 0o777).toBe(0o755);
});

it('makes new ones beside what is there when they were removed', async () => {
  const before = await loadOrMakeSecrets(folder);
  mkdirSync(join(folder, 'v3'));
  rmSync(secretsPath(folder));
  expect((await loadOrMakeSecrets(folder)).apiToken).not.toBe(before.apiToken);
});

it('gives every caller of a race the same ones', async () => {
  const racers = await Promise.all(Array.from({ length: 8 }, () => loadOrMakeSecrets(folder)));
  expect(new Set(racers.map(({ apiToken }) => apiToken)).size).toBe(1);
});

it('makes different ones for each state directory', async () => {
  const [one, other] = [await loadOrMakeSecrets(join(folder, 'a')), await loadOrMakeSecrets(join(folder, 'b'))];
  const shared = Object.values(one).filter((value) => Object.values(other).includes(value));
  expect(shared).toEqual([]);
});

it('makes a signing key that signs', async () => {
  const { linkSigningKey } = await loadOrMakeSecrets(folder);
  const { d: _secret, ...publicKey } = linkSigningKey;
  const token = await new SignJWT({ sub: 'asset' })
    .setProtectedHeader({ alg: 'ES256', kid: linkSigningKey.kid })
    .sign(await importJWK(linkSigningKey, 'ES256'));
  const { payload } = await jwtVerify(token, await importJWK(publicKey, 'ES256'));
  expect(payload.sub).toBe('asset');
});

it.each([
  ['not JSON', () => '{'],
  ['a missing secret', (text: string) => text.replace('"apiToken"', '"other"')],
  ['a short secret', (text: string) => text.replace(/"sessionSecret": "[^"]+"/, '"sessionSecret": "short"')],
])('refuses a file with %s', async (_name, damage) => {
  await loadOrMakeSecrets(folder);
  writeFileSync(secretsPath(folder), damage(readFileSync(secretsPath(folder), 'utf8')));
  await expect(loadOrMakeSecrets(folder)).rejects.toThrow(/is damaged/);
});
