/** The lock of a state directory and of set-up, taken by real processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tryLock } from '../../scripts/lock-file.mjs';

const MODULE = fileURLToPath(new URL('../../scripts/lock-file.mjs', import.meta.url));

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  path = join(folder, 'a.lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that runs this and says what it thinks of it, line by line. */
function start(script: string) {
  const head = `import { tryLock, waitForLock } from ${JSON.stringify(MODULE)}; const path = ${JSON.stringify(path)};`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', head + script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

const HOLD = 'console.log(tryLock(path) === null ? "refused" : "held"); process.stdin.resume();';

it('is held by one process, and free once that one has died, however', async () => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const first = start(HOLD);
    expect((await first.lines.next()).value).toBe('held');
    expect(tryLock(path)).toBeNull();
    first.child.kill(signal);
    await once(first.child, 'exit');
    const release = tryLock(path);
    expect(release).not.toBeNull();
    release?.();
  }
  expect(readdirSync(folder)).toEqual([]);
});

it.each([
  ['what an earlier release left: an empty file', 'a.lock', ''],
  ['what it left of a pid that another process has now', 'a.lock', String(process.ppid)],
  ['a file of a pid that another process has now', `a.lock.${process.ppid}-0`, ''],
  ['a file that says nothing', 'a.lock.x', ''],
  ['the file of another lock', `a.lockable.${process.ppid}-0`, String(process.ppid)],
])('is not kept by %s', (_what, name, content) => {
  writeFileSync(join(folder, name), content);
  const release = tryLock(path);
  expect(release).not.toBeNull();
  release?.();
});

/** Takes the lock again and again; while it holds it, the file that it makes must not be there. */
const CONTEND = `
  import { rmSync, writeFileSync } from 'node:fs';
  for (let turn = 0; turn < 20; turn += 1) {
    const release = waitForLock(path, () => {});
    writeFileSync(path + '-held', '', { flag: 'wx' });
    rmSync(path + '-held');
    release();
  }
  console.log('done');`;

it('is never held by two that want it at once, while others die with it', async () => {
  const contenders = Array.from({ length: 4 }, () => start(CONTEND));
  for (let killed = 0; killed < 3; killed += 1) {
    const victim = start('waitForLock(path, () => {}); console.log("held"); process.stdin.resume();');
    expect((await victim.lines.next()).value).toBe('held');
    victim.child.kill('SIGKILL');
    await once(victim.child, 'exit');
  }
  expect(await Promise.all(contenders.map(async ({ lines }) => (await lines.next()).value))).toEqual(
    contenders.map(() => 'done'),
  );
});
