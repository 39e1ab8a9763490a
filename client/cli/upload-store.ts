/**
 * Remembers uploads under way, one file for each, so that processes side by side need no lock. The URL of an upload is
 * the right to write to it: only its owner may read the files.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { UploadOptions } from '../upload.ts';

type Store = NonNullable<UploadOptions['urlStorage']>;

/** The server keeps none for longer. */
const LIFE_MS = 7 * 24 * 3600_000;

const storedSchema = z.object({
  size: z.number().nullable(),
  metadata: z.record(z.string(), z.string()),
  creationTime: z.string(),
  uploadUrl: z.url(),
});

export function createUploadStore(directory: string): Store {
  const fileOf = (fingerprint: string): string =>
    join(directory, `${createHash('sha256').update(fingerprint).digest('hex')}.json`);
  return {
    findAllUploads: async () => [],
    async findUploadsByFingerprint(fingerprint) {
      const file = fileOf(fingerprint);
      const text = await readFile(file, 'utf8').catch(() => '');
      const stored = storedSchema.safeParse(jsonOf(text));
      return stored.success ? [{ ...stored.data, parallelUploadUrls: null, urlStorageKey: file }] : [];
    },
    async addUpload(fingerprint, upload) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await dropOld(directory);
      const file = fileOf(fingerprint);
      const partial = `${file}.${process.pid}`;
      await writeFile(partial, JSON.stringify(upload), { mode: 0o600 });
      await rename(partial, file);
      return file;
    },
    removeUpload: (file) => rm(file, { force: true }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function dropOld(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    const facts = await stat(file).catch(() => null);
    if (facts !== null && Date.now() - facts.mtimeMs > LIFE_MS) {
      await rm(file, { force: true });
    }
  }
}
