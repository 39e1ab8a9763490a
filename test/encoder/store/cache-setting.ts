/** A cache of sources with a bucket that answers as a test wants it to. */
import { copyFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RemuxFile, SourceCache } from '../../../encoder/store/source-cache.ts';
import { type Disk, measureSourceRoom } from '../../../encoder/store/source-room.ts';
import { ObjectStore, type TaskAccess } from '../../../encoder/store/store.ts';
import { type Exchange, type FakeServer, type Reply, withServer } from '../fake-server.ts';
import { TOKEN } from '../lease/leases.ts';

export const never = new AbortController().signal;
export const MAX_BYTES = 100;
/** A quarter is kept for segments: 300 bytes are for sources. */
export const SMALL_DISK: Disk = { sizeBytes: 400, freeBytes: 400 };

export const REMUX = { streams: [0], shifts: [] };
export const copyWhole: RemuxFile = (path, _, copyPath) => copyFile(path, copyPath);

export type Setting = { cache: SourceCache; folder: string; server: FakeServer };

export async function withCache<T>(
  answer: (exchange: Exchange, server: FakeServer) => Reply | Promise<Reply>,
  use: (setting: Setting) => Promise<T>,
  readDisk: (folder: string) => Promise<Disk> = async () => ({ sizeBytes: 4e12, freeBytes: 4e12 }),
  maxSourceBytes: number | undefined = MAX_BYTES,
  remuxFile: RemuxFile = copyWhole,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cache-'));
  try {
    return await withServer(answer, async (server) => {
      const store = new ObjectStore({ url: server.url, token: TOKEN, retry: { firstPauseMs: 1 } });
      const room = await measureSourceRoom(() => readDisk(folder), { slots: 1, maxSourceBytes });
      return use({ cache: new SourceCache(store, folder, room, remuxFile), folder, server });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tasks of a source are called like it; what it holds is the path that it was read by. */
export const accessOf = (taskId: string): TaskAccess => ({ taskId, grant: () => 'the-grant' });

export const answerWithKey = ({ method, path }: Exchange): Reply =>
  method === 'HEAD' ? { status: 200, body: path } : { status: 206, body: path };

export const read = (path: string): Promise<string> => readFile(path, 'utf8');

/** A disk of which all but the sources in `folder` is free. */
export const diskWith =
  (disk: Disk) =>
  async (folder: string): Promise<Disk> => {
    const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
    const used = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    return { ...disk, freeBytes: disk.freeBytes - used };
  };

/** Named by their sizes: `a-120` has 120 bytes. */
export const answerBySize = ({ method, path }: Exchange): Reply => {
  const body = 'x'.repeat(Number(/-(\d+)\//.exec(path)?.[1]));
  return { status: method === 'HEAD' ? 200 : 206, body };
};
export const withDisk = (disk: Disk, use: (setting: Setting) => Promise<void>) =>
  withCache(answerBySize, use, diskWith(disk), Infinity);
