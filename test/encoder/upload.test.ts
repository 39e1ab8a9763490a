import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PackagedOutput } from '../../encoder/media/segments.ts';
import { ObjectStore } from '../../encoder/store.ts';
import { uploadTracks } from '../../encoder/tasks/upload.ts';
import { type Exchange, type FakeServer, inTurn, type Reply, until, withServer } from './fake-server.ts';

const never = new AbortController().signal;
const REF = { assetId: 'asset', version: 'version' };
/** More objects at the same time would only hold more segments in memory. */
const MAX_AT_ONCE = 6;

async function outputOf(folder: string, track: string, segmentCount: number): Promise<PackagedOutput> {
  const names = ['init', ...Array.from({ length: segmentCount }, (_, index) => `${index + 1}`)];
  const paths = names.map((name) => join(folder, `${track}-${name}`));
  await Promise.all(paths.map((path) => writeFile(path, randomBytes(20))));
  const [initPath = '', ...segmentPaths] = paths;
  const report = {
    track,
    codec: 'x',
    timescale: 1,
    init: { bytes: 20, sha256: '0'.repeat(64) },
    firstNumber: 5,
    baseDecodeTime: 0,
    segments: [],
  };
  return { report, initPath, segmentPaths };
}

type Setting = { store: ObjectStore; outputs: PackagedOutput[]; server: FakeServer };

async function withTracks<T>(
  answer: (exchange: Exchange) => Reply | Promise<Reply>,
  use: (setting: Setting) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-upload-'));
  try {
    const outputs = [await outputOf(folder, 'v240', 12), await outputOf(folder, 'a128-en', 2)];
    return await withServer(answer, (server) => {
      const access = { endpoint: server.url, bucket: 'media', accessKeyId: 'id', secretAccessKey: 'secret' };
      return use({ store: new ObjectStore({ ...access, retry: { firstPauseMs: 1 } }), outputs, server });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const upload = (
  { store, outputs }: Setting,
  onProgress: (share: number) => void = () => {},
  signal = never,
): Promise<void> => uploadTracks(store, { ref: REF, attempt: '7', outputs }, onProgress, signal);

describe('uploadTracks', () => {
  test('every object once, under its key, with its type; a few at a time; progress to 1', async () => {
    let open = 0;
    let most = 0;
    const answer = async (): Promise<Reply> => {
      open += 1;
      most = Math.max(most, open);
      await pause(5);
      open -= 1;
      return { status: 200 };
    };
    await withTracks(answer, async (setting) => {
      const shares: number[] = [];
      await upload(setting, (share) => shares.push(share));
      const types = new Map(setting.server.exchanges.map(({ path, headers }) => [path, headers['content-type']]));
      expect(types.size).toBe(setting.server.exchanges.length);
      expect(types.size).toBe(16);
      expect(types.get('/media/assets/asset/version/v240/init.mp4')).toBe('video/mp4');
      expect(types.get('/media/assets/asset/version/v240/7/5.m4s')).toBe('video/iso.segment');
      expect(types.get('/media/assets/asset/version/v240/7/16.m4s')).toBe('video/iso.segment');
      expect(types.get('/media/assets/asset/version/a128-en/init.mp4')).toBe('audio/mp4');
      expect(types.get('/media/assets/asset/version/a128-en/7/6.m4s')).toBe('audio/iso.segment');
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      expect(shares.at(-1)).toBe(1);
    });
    expect(most).toBeLessThanOrEqual(MAX_AT_ONCE);
    expect(most).toBeGreaterThan(1);
  });

  test('an init segment of other bytes is a mismatch of the chunks', () => {
    const answer = ({ path, method }: Exchange): Reply =>
      path.includes('v240/init.mp4')
        ? { status: method === 'PUT' ? 412 : 200, headers: { etag: '"0"' } }
        : { status: 200 };
    return withTracks(answer, async (setting) => {
      await expect(upload(setting)).rejects.toMatchObject({ code: 'init_mismatch' });
    });
  });

  test('a segment of other bytes is a fault of the bucket', () => {
    const answer = ({ path, method }: Exchange): Reply =>
      path.endsWith('/9.m4s') ? { status: method === 'PUT' ? 412 : 200, headers: { etag: '"0"' } } : { status: 200 };
    return withTracks(answer, async (setting) => {
      await expect(upload(setting)).rejects.toMatchObject({ code: 'store_failed' });
    });
  });

  test('the first failure ends the rest: nothing reads the folder any more', () => {
    const segment = inTurn({ status: 403 }, 'hang');
    const answer = ({ path }: Exchange): Reply => (path.includes('init.mp4') ? { status: 200 } : segment());
    return withTracks(answer, async (setting) => {
      await expect(upload(setting)).rejects.toMatchObject({ code: 'store_failed' });
      await pause(30);
      expect(setting.server.count('PUT', '.m4s')).toBeLessThanOrEqual(MAX_AT_ONCE);
    });
  });

  test('init segments come first: where one is refused, no segment has been written', () => {
    const answer = ({ path, method }: Exchange): Reply =>
      path.includes('init.mp4')
        ? method === 'PUT'
          ? { status: 412 }
          : { status: 200, headers: { etag: '"x"' } }
        : { status: 200 };
    return withTracks(answer, async (setting) => {
      await expect(upload(setting)).rejects.toMatchObject({ code: 'init_mismatch' });
      expect(setting.server.count('PUT', '.m4s')).toBe(0);
    });
  });

  test('cancelling ends it', () =>
    withTracks(
      ({ path }) => (path.includes('init.mp4') ? { status: 200 } : 'hang'),
      async (setting) => {
        const stop = new AbortController();
        const told = upload(setting, () => {}, stop.signal);
        told.catch(() => {});
        await until(() => setting.server.count('PUT', '.m4s') === MAX_AT_ONCE);
        stop.abort(new Error('lease lost'));
        await expect(told).rejects.toThrow('lease lost');
      },
    ));
});
