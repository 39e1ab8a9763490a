import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeSource } from '../../../bench/frames/inspect-local.ts';
import { hashFile } from '../../../encoder/inspect/hash-file.ts';
import { inspectSource } from '../../../encoder/inspect/inspect-source.ts';
import { makeSource, withTempDirectory } from '../media/media-fixtures.ts';

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

const withFile = (content: string | Uint8Array, use: (path: string) => Promise<void>) =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'film.mp4');
    await writeFile(path, content);
    await use(path);
  });

test('is SHA-256 of the whole file', async () => {
  const never = new AbortController().signal;
  await withFile('abc', async (path) => expect(await hashFile(path, never)).toBe(ABC));
  // FIPS 180-2, appendix B.3: a million times `a`.
  await withFile('a'.repeat(1_000_000), async (path) =>
    expect(await hashFile(path, never)).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'),
  );
});

test('ends with the reason of its signal', async () => {
  const reason = new Error('lease lost');
  await withFile(new Uint8Array(8 * 1024 * 1024), async (path) => {
    const stopping = new AbortController();
    const hashing = hashFile(path, stopping.signal);
    stopping.abort(reason);
    await expect(hashing).rejects.toBe(reason);
  });
});

test('a refusal of the source is told as such', async () => {
  await withFile('not a film', async (path) => {
    await expect(inspectSource((_, read) => read(path))).rejects.toMatchObject({ code: 'source_not_media' });
  });
});

test('of a source that is remuxed, it is the hash of the source itself', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'film.ts');
    makeSource(path, '25', 1);
    const { remux, sha256 } = await probeSource(path);
    expect(remux).toBeDefined();
    expect(sha256).toBe(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    );
  }));
