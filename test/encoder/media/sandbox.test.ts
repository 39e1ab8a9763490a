/** What a hostile source, or a program gone wild, may do: nothing that outlasts its task. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { probeSource } from '../../../bench/frames/inspect-local.ts';
import { TaskFailure } from '../../../encoder/failure/task-failure.ts';
import { canConfine, confine, limitArgs } from '../../../encoder/media/confine.ts';
import { runningPids, runProcess, toTaskFailure } from '../../../encoder/media/process.ts';
import { chunkLimits, threadsFor } from '../../../encoder/media/task-budget.ts';
import { encodeChunk } from '../../../encoder/picture/encode-chunk.ts';
import { makeHugePicture, makeManyTinyFrames, makeNestedBoxes, makeNestedElements } from './bombs.ts';
import { BUDGET, makeSource, planOf, withTempDirectory } from './media-fixtures.ts';

const MEBIBYTE = 1024 ** 2;
const LIMITS = { cpuSeconds: 60, dataBytes: 2048 * MEBIBYTE, fileBytes: 64 * MEBIBYTE };
const DEADLINE_MS = 30_000;
/** An inspection of a bomb, on a machine that others use as well. */
const TIMEOUT_MS = 60_000;

const run = (file: string, args: string[], limits: Partial<typeof LIMITS>): Promise<string> =>
  runProcess(file, args, { deadlineMs: DEADLINE_MS, limits: { ...LIMITS, ...limits } });

/** Limits need Linux and util-linux. */
describe.skipIf(!canConfine())('the kernel ends what takes too much of', { timeout: TIMEOUT_MS }, () => {
  const noise = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=640x480:r=25'];

  test('CPU time', async () => {
    const endless = run('ffmpeg', [...noise, '-f', 'null', '-'], { cpuSeconds: 1 });
    await expect(endless).rejects.toMatchObject({ reason: 'limit' });
  });

  test('disk', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'endless.yuv');
      const endless = run('ffmpeg', [...noise, '-f', 'rawvideo', path], { fileBytes: 3 * MEBIBYTE });
      await expect(endless).rejects.toMatchObject({ reason: 'limit' });
      expect(readFileSync(path).length).toBeLessThanOrEqual(3 * MEBIBYTE);
    }));

  test('memory', async () => {
    const args = [...noise, '-t', '1', '-vf', 'scale=7680:4320', '-c:v', 'libx264', '-f', 'null', '-'];
    await expect(run('ffmpeg', args, { dataBytes: 100 * MEBIBYTE })).rejects.toMatchObject({ reason: 'limit' });
  });

  test('a program that is not there is told as such', async () => {
    await expect(run('/nonexistent', [], {})).rejects.toMatchObject({ reason: 'spawn' });
  });

  test('the program is our child and what we count', async () => {
    const pids: number[] = [];
    const script = 'console.log(process.pid); setTimeout(() => {}, 200)';
    const running = runProcess(process.execPath, ['-e', script], {
      deadlineMs: DEADLINE_MS,
      onLine: (line) => pids.push(Number(line), ...runningPids()),
    });
    await running;
    expect(pids).toHaveLength(2);
    expect(pids[0]).toBe(pids[1]);
    expect(runningPids().size).toBe(0);
  });

  test('a killed encoder leaves no program behind', () =>
    withTempDirectory(async (directory) => {
      const script = join(directory, 'parent.ts');
      const module = fileURLToPath(new URL('../../../encoder/media/process.ts', import.meta.url));
      writeFileSync(
        script,
        `import { runProcess } from '${module}';
         const child = 'console.log(process.pid); setInterval(() => {}, 1000)';
         await runProcess(process.execPath, ['-e', child], { deadlineMs: 60_000, onLine: (line) => console.log(line) });`,
      );
      const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = await once(parent.stdout, 'data');
      parent.kill('SIGKILL');
      await expect.poll(() => isRunning(Number(line)), { timeout: 10_000 }).toBe(false);
    }));
});

/** A zombie that waits for init is not running. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('limits', () => {
  test('as arguments', () => {
    expect(limitArgs({ cpuSeconds: 1.5, dataBytes: 10.2, fileBytes: 7 })).toEqual([
      ...['--cpu=2:2', '--data=11', '--fsize=7', '--nofile=256', '--core=0'],
    ]);
  });

  test('no shell takes part', () => {
    expect(confine('ffmpeg', ['$(id)', '; id'], LIMITS).args.slice(-3)).toEqual(['ffmpeg', '$(id)', '; id']);
  });

  test('files may be a few times the peak rate, and threads do not grow with the machine', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mp4');
      makeSource(source, '25', 2);
      const { video, chunks } = await planOf(source);
      const [chunk] = chunks;
      const [rendition] = video.renditions;
      if (chunk === undefined || rendition === undefined) {
        throw new Error('no plan');
      }
      const { fileBytes, dataBytes } = chunkLimits(BUDGET, video, chunk);
      const peakBytes = rendition.maxrateKbps * 125 * 2;
      expect(fileBytes).toBeGreaterThan(2 * peakBytes);
      expect(fileBytes).toBeLessThan(16 * MEBIBYTE + 5 * peakBytes);
      expect(dataBytes).toBeCloseTo(1.7 * BUDGET.memoryBytes);
      expect([0.5, 1, 2, 8, 128].map((cores) => threadsFor({ ...BUDGET, cores }))).toEqual([1, 2, 3, 12, 16]);
    }));

  test.each([
    ['limit', 'resource_limit'],
    ['output_limit', 'resource_limit'],
    ['deadline', 'time_limit'],
    ['exit', 'encode_failed'],
    ['killed', 'encode_failed'],
  ] as const)('%s is %s to the board', async (reason, code) => {
    const { ProcessError } = await import('../../../encoder/media/process.ts');
    expect(toTaskFailure(new ProcessError('ffmpeg', reason, null, ''), 'encode_failed', '')).toMatchObject({ code });
  });

  test.skipIf(!canConfine())('a chunk without memory for it', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mp4');
      makeSource(source, '25', 1);
      const { video, chunks } = await planOf(source);
      const [chunk] = chunks;
      if (chunk === undefined) {
        throw new Error('no chunk');
      }
      const budget = { ...BUDGET, memoryBytes: 30 * MEBIBYTE };
      const encoding = encodeChunk({ sourcePath: source, video, chunk, workDirectory: directory, budget });
      // ffmpeg does not always say why it could not open an encoder.
      await expect(encoding).rejects.toMatchObject({ code: expect.stringMatching(/^(resource_limit|encode_failed)$/) });
    }),
  );
});

describe('bombs end as typed errors', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['a picture of 900 megapixels', 'huge.avi', makeHugePicture, ['source_unsupported', 'source_no_video']],
    [
      'frames of a byte, so many that its index is all there is',
      'tiny.mp4',
      (path: string) => makeManyTinyFrames(path, 100_000),
      ['decode_failed', 'source_truncated', 'source_unsupported', 'source_not_media'],
    ],
    [
      'boxes in boxes',
      'boxes.mp4',
      (path: string) => makeNestedBoxes(path, 200_000),
      ['source_not_media', 'source_no_video'],
    ],
    [
      'elements in elements',
      'elements.mkv',
      (path: string) => makeNestedElements(path, 200_000),
      ['source_not_media', 'source_no_video'],
    ],
  ] as const)('%s', (_, name, make, codes) =>
    withTempDirectory(async (directory) => {
      const path = join(directory, name);
      make(path);
      const failure = await probeSource(path, { budget: BUDGET }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TaskFailure);
      expect(codes).toContain((failure as TaskFailure).code);
    }),
  );
});
