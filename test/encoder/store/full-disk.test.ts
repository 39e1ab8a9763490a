/** Wherever a task meets a full disk, the board hears `resource_limit`. /dev/full is Linux's disk that is always full. */
import { existsSync, symlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { taskErrorOf } from '../../../encoder/failure/task-failure.ts';
import { trackMediaPath } from '../../../encoder/media/ffmpeg-args.ts';
import { packagerArgs, packagerBinary } from '../../../encoder/media/packager.ts';
import { runProcess, toTaskFailure } from '../../../encoder/media/process.ts';
import { encodeChunk } from '../../../encoder/picture/encode-chunk.ts';
import { INIT_FILE, segmentFile } from '../../../src/media/keys.ts';
import { BUDGET, makeSource, planOf, withTempDirectory } from '../media/media-fixtures.ts';

const FULL = '/dev/full';

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

describe.skipIf(!existsSync(FULL))('a full disk', () => {
  test('for what the encoder writes itself', async () => {
    expect(taskErrorOf(await errorOf(writeFile(FULL, 'x')))).toMatchObject({ code: 'resource_limit' });
    expect(taskErrorOf(await errorOf(writeFile('/nonexistent/x', 'x')))).toMatchObject({ code: 'internal' });
  });

  test('for ffmpeg', () =>
    withTempDirectory(async (directory) => {
      const sourcePath = join(directory, 'source.mp4');
      makeSource(sourcePath, '25', 1);
      const { video, chunks } = await planOf(sourcePath);
      const [chunk] = chunks;
      const [rendition] = video.renditions;
      if (chunk === undefined || rendition === undefined) {
        throw new Error('no plan');
      }
      const workDirectory = join(directory, 'work');
      await mkdir(workDirectory);
      symlinkSync(FULL, trackMediaPath(workDirectory, rendition.track));
      const encoding = encodeChunk({ sourcePath, video, chunk, workDirectory, budget: BUDGET });
      expect(taskErrorOf(await errorOf(encoding))).toMatchObject({
        code: 'resource_limit',
        detail: expect.stringContaining('No space left on device'),
      });
    }));

  test('for the packager', () =>
    withTempDirectory(async (directory) => {
      const mediaPath = join(directory, 'source.mp4');
      makeSource(mediaPath, '25', 1);
      const folder = join(directory, 'packaged');
      await mkdir(folder);
      for (const name of [INIT_FILE, segmentFile(1)]) {
        symlinkSync(FULL, join(folder, name));
      }
      const args = packagerArgs([{ kind: 'video', mediaPath, directory: folder }], 4, 25_000);
      const error = await errorOf(runProcess(packagerBinary(), args, { deadlineMs: 10_000 }));
      expect(toTaskFailure(error, 'package_failed', 'packaging')).toMatchObject({ code: 'resource_limit' });
    }));
});
