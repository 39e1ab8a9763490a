import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeWorkFolder } from '../../encoder/work-folder.ts';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'work-folder-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** The name that the process `pid` would give its folder. */
async function nameFor(pid: number): Promise<string> {
  const own = basename(await makeWorkFolder(parent));
  return own.replace(`-${process.pid}-`, `-${pid}-`);
}

test('a killed encoder’s folder is removed, with what is in it', async () => {
  const { pid } = spawnSync('true');
  const left = join(parent, await nameFor(pid));
  mkdirSync(left);
  writeFileSync(join(left, 'source-abc'), 'x');
  const own = await makeWorkFolder(parent);
  expect(readdirSync(parent)).not.toContain(basename(left));
  expect(readdirSync(own)).toEqual([]);
});

test('folders of living encoders, of other hosts and of other programs stay', async () => {
  const kept = [await nameFor(process.ppid), 'sluice-encoder-otherhost-999999-abc', 'sluice-encoder-', 'notes'];
  for (const name of kept) {
    mkdirSync(join(parent, name));
  }
  await makeWorkFolder(parent);
  expect(readdirSync(parent)).toEqual(expect.arrayContaining(kept));
});
