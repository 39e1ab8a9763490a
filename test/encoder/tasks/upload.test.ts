import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PackagedOutput } from '../../../encoder/media/segments.ts';
import { ObjectStore } from '../../../encoder/store/store.ts';
import { uploadTexts, uploadTracks } from '../../../encoder/tasks/upload.ts';
import { type Exchange, type FakeServer, inTurn, type Reply, until, withServer } from '../fake-server.ts';
import { TOKEN } from '../lease/leases.ts';

const never = new AbortController().signal;
const ACCESS = { taskId: 'task-1', grant: () => 'the-grant' };
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
  return { report, initPath, segmentPaths, headers: segmentPaths.map(() => randomBytes(4)) };
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
      const store = new ObjectStore({ url: server.url, token: TOKEN, retry: { firstPauseMs: 1 } });
      return use({ store, outputs, server });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const upload = (
  { store, outputs }: Setting,
  onProgress: (share: number) => void = () => {},
  signal = never,
): Promise<void> => uploadTracks(store, ACCESS, outputs, onProgress, signal);

describe('uploadTracks', () => {
  test('every object once, by the name that its task knows; a few at a time; progress to 1', async () => {
    let open = 0;
    let most = 0;
    const answer = async (): Promise<Reply> => {
      open += 1;
      most = Math.max(most, open);
      await pause(5);
      open -= 1;
      return { status: 204 };
    };
    await withTracks(answer, async (setting) => {
      const shares: number[] = [];
      await upload(setting, (share) => shares.push(share));
      const paths = setting.server.exchanges.map(({ path }) => path.replace('/v1/tasks/task-1/objects/', ''));
      const numbers = Array.from({ length: 12 }, (_, index) => `v240/${5 + index}.m4s`);
      const sound = ['a128-en/init.mp4', 'a128-en/5.m4s', 'a128-en/6.m4s', 'a128-en/5.headers'];
      expect(paths.toSorted()).toEqual(['v240/init.mp4', 'v240/5.headers', ...numbers, ...sound].toSorted());
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      expect(shares.at(-1)).toBe(1);
    });
    expect(most).toBeLessThanOrEqual(MAX_AT_ONCE);
    expect(most).toBeGreaterThan(1);
  });

  test('an init segment of other bytes is a mismatch of the chunks', () => {
    const answer = ({ path }: Exchange): Reply => ({ status: path.includes('v240/init.mp4') ? 409 : 204 });
    return withTracks(answer, async (setting) => {
      await expect(upload(setting)).rejects.toMatchObject({ code: 'init_mismatch' });
    });
  });

  test('a segment of other bytes is a fault of the bucket', () => {
    const answer = ({ path }: Exchange): Reply => ({ status: path.endsWith('/9.m4s') ? 409 : 204 });
    return withTracks(answer, async (setting) => {
      await expect(upload(setting)).rejects.toMatchObject({ code: 'store_failed' });
    });
  });

  test('the first failure ends the rest: nothing reads the folder any more', () => {
    const segment = inTurn({ status: 400 }, 'hang');
    const answer = ({ path }: Exchange): Reply => (path.includes('init.mp4') ? { status: 204 } : segment());
    return withTracks(answer, async (setting) => {
      await expect(upload(setting)).rejects.toMatchObject({ code: 'store_failed' });
      await pause(30);
      expect(setting.server.count('PUT', '.m4s')).toBeLessThanOrEqual(MAX_AT_ONCE);
    });
  });

  test('init segments come first: where one is refused, no segment has been written', () => {
    const answer = ({ path }: Exchange): Reply => ({ status: path.includes('init.mp4') ? 409 : 204 });
    return withTracks(answer, async (setting) => {
      await expect(upload(setting)).rejects.toMatchObject({ code: 'init_mismatch' });
      expect(setting.server.count('PUT', '.m4s')).toBe(0);
    });
  });

  test('cancelling ends it', () =>
    withTracks(
      ({ path }) => (path.includes('init.mp4') ? { status: 204 } : 'hang'),
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

describe('uploadTexts', () => {
  const texts = ['t-de', 't-en'].map((track) => ({ track, cues: new TextEncoder().encode(`WEBVTT ${track}`) }));

  test('the cues of each track', async () => {
    await withTracks(
      () => ({ status: 204 }),
      async ({ store, server }) => {
        await uploadTexts(store, ACCESS, texts, never);
        expect(server.exchanges.map(({ path }) => path)).toEqual([
          '/v1/tasks/task-1/objects/t-de/cues',
          '/v1/tasks/task-1/objects/t-en/cues',
        ]);
      },
    );
  });

  test('throws where others stand there', async () => {
    await withTracks(
      () => ({ status: 409 }),
      async ({ store }) => {
        await expect(uploadTexts(store, ACCESS, texts, never)).rejects.toMatchObject({ code: 'store_failed' });
      },
    );
  });
});
