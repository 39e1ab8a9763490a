import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { packagerArgs, packagerBinary } from '../../../encoder/media/packager.ts';
import { runProcess } from '../../../encoder/media/process.ts';
import { createProgressReader, type Progress } from '../../../encoder/media/progress.ts';

const DEADLINE_MS = 10_000;
const runNode = (script: string, options: Partial<Parameters<typeof runProcess>[2]> = {}): Promise<string> =>
  runProcess(process.execPath, ['-e', script], { deadlineMs: DEADLINE_MS, ...options });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('runProcess', () => {
  test('returns stdout', async () => {
    expect(await runNode('process.stdout.write("a\\nb")')).toBe('a\nb');
  });

  test('hands over whole lines', async () => {
    const lines: string[] = [];
    await runNode('process.stdout.write("a\\nb"); process.stdout.write("c\\nd")', {
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(['a', 'bc', 'd']);
  });

  test('hands over lines of stderr and keeps them for the error', async () => {
    const lines: string[] = [];
    const failing = runNode('process.stderr.write("a\\nbc\\nd", () => process.exit(3))', {
      onErrorLine: (line) => lines.push(line),
    });
    await expect(failing).rejects.toMatchObject({ stderrTail: 'a\nbc\nd' });
    expect(lines).toEqual(['a', 'bc', 'd']);
  });

  test('keeps the tail of stderr', async () => {
    const failing = runNode('process.stderr.write("x".repeat(9000) + "END", () => process.exit(3))');
    await expect(failing).rejects.toMatchObject({ name: 'ProcessError', reason: 'exit', exitCode: 3 });
    const tail = await failing.catch((error: { stderrTail: string }) => error.stderrTail);
    expect(tail).toMatch(/^x{3997}END$/);
  });

  test('a long line of stderr is cut', async () => {
    const lines: string[] = [];
    await runNode('process.stderr.write("x".repeat(1e6) + "END\\nb")', { onErrorLine: (line) => lines.push(line) });
    expect(lines.map((line) => line.slice(-4))).toEqual(['xEND', 'b']);
  });

  test('bytes go through two programs at the pace of the slower one', async () => {
    let written = 0;
    const count = 'let n = 0; process.stdin.on("data", (d) => { n += d.length }).on("end", () => console.log(n))';
    const slow = `setTimeout(() => { ${count} }, 300)`;
    const flood = 'process.stdout.write(Buffer.alloc(4_000_000))';
    const through = async (stdin: Writable): Promise<void> => {
      const drain = (stdout: Readable): Promise<void> =>
        pipeline(
          stdout,
          async function* (chunks: AsyncIterable<Buffer>) {
            for await (const chunk of chunks) {
              written += chunk.length;
              yield chunk;
            }
          },
          stdin,
        );
      setTimeout(() => expect(written).toBeLessThan(1_000_000), 200);
      await runNode(flood, { drain });
    };
    expect(await runNode(slow, { feed: through })).toBe('4000000\n');
  });

  test('a program that ends before it has read its input fails with its own exit', async () => {
    const feed = (stdin: Writable): Promise<void> =>
      runNode('(function more() { process.stdout.write("x".repeat(1e5), more) })()', {
        drain: (stdout) => pipeline(stdout, stdin),
      }).then(() => undefined);
    await expect(runNode('process.exit(3)', { feed })).rejects.toMatchObject({ reason: 'exit', exitCode: 3 });
  });

  test('a failure of what feeds a program ends it', async () => {
    const feed = (stdin: Writable): Promise<void> =>
      runNode('process.exit(4)', { drain: (stdout) => pipeline(stdout, stdin, { end: false }) }).then(() => undefined);
    await expect(runNode('process.stdin.resume()', { feed })).rejects.toMatchObject({ exitCode: 4 });
  });

  test('a reader that gives up in the middle ends the program', async () => {
    const flood = '(function more() { process.stdout.write("x".repeat(1e5), more) })()';
    const drain = async (stdout: Readable): Promise<void> => {
      await stdout[Symbol.asyncIterator]().next();
      throw new RangeError('enough');
    };
    await expect(runNode(flood, { drain })).rejects.toThrow('enough');
  });

  test('a program that is not there', async () => {
    await expect(runProcess('/nonexistent', [], { deadlineMs: DEADLINE_MS })).rejects.toMatchObject({
      reason: 'spawn',
    });
  });

  test('a deadline', async () => {
    await expect(runNode('setInterval(() => {}, 1000)', { deadlineMs: 50 })).rejects.toMatchObject({
      reason: 'deadline',
    });
  });

  test('output without end', async () => {
    const flood = 'const b = "x".repeat(1e6); (function more() { process.stdout.write(b, more) })()';
    await expect(runNode(flood)).rejects.toMatchObject({ reason: 'output_limit' });
    await expect(runNode(flood, { onLine: () => {} })).rejects.toThrow(RangeError);
  });

  test('abort kills the children of the program, too', async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const script = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      console.log(child.pid); setInterval(() => {}, 1000);`;
    const running = runNode(script, {
      signal: controller.signal,
      onLine: (line) => {
        pids.push(Number(line));
        controller.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    // The orphan is reaped by init, not by us: it may be a zombie for a moment, but it takes no signal from us any more.
    await expect.poll(() => pids.map(isAlive), { timeout: 5_000 }).toEqual([false]);
  });

  test('an aborted signal starts nothing', async () => {
    await expect(runNode('', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  test('secrets of the encoder are not handed on', async () => {
    process.env['SLUICE_TEST_SECRET'] = 'secret';
    try {
      expect(await runNode('process.stdout.write(String(process.env.SLUICE_TEST_SECRET))')).toBe('undefined');
    } finally {
      delete process.env['SLUICE_TEST_SECRET'];
    }
  });
});

test('progress lines', () => {
  const seen: Progress[] = [];
  const reader = createProgressReader((progress) => seen.push(progress));
  for (const line of [
    'frame=12',
    'fps=0.0',
    'out_time_us=N/A',
    'progress=continue',
    'frame= 48',
    'out_time_us=2000000',
    'junk',
    'progress=end',
  ]) {
    reader.readLine(line);
  }
  expect(seen).toEqual([
    { frames: 12, outSeconds: 0 },
    { frames: 48, outSeconds: 2 },
  ]);
  expect(reader.latest()).toEqual({ frames: 48, outSeconds: 2 });
});

describe('packager', () => {
  test('arguments', () => {
    const args = packagerArgs([{ kind: 'video', mediaPath: '/w/v.mp4', directory: '/w/v' }], 4.004, 30_000);
    expect(args[0]).toBe('in=/w/v.mp4,stream=video,init_segment=/w/v/init.mp4,segment_template=/w/v/$Number$.m4s');
    // Truncated by the packager: exactly 120,120 ticks.
    expect(Math.trunc(Number(args[args.indexOf('--segment_duration') + 1]) * 30_000)).toBe(120_120);
  });

  test('the binary of an unknown machine', () => {
    expect(packagerBinary('linux', 'x64')).toMatch(/shaka-packager\/bin\/packager-linux-x64$/);
    expect(() => packagerBinary('plan9', 'mips')).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});
