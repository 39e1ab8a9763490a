import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeWorkFolder } from '../../../encoder/store/work-folder.ts';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'work-folder-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** The name of our own folder, changed. */
const ownName = async (change: (name: string) => string): Promise<string> =>
  change(basename(await makeWorkFolder(parent)));
const withPid = (pid: number) => (name: string) => name.replace(`-${process.pid}-`, `-${pid}-`);
/** As encoders named their folders that did not write when they began. */
const withoutStart = (name: string): string => name.replace(/-[0-9a-f]{8}\.\d+-/, '-');
const startedEarlier = (name: string): string => name.replace(/\.\d+-/, '.1-');

test.each<[string, (name: string) => string]>([
  ['of a process that is gone', withPid(spawnSync('true').pid)],
  ['of a process that is gone, of an older encoder', (name) => withoutStart(withPid(spawnSync('true').pid)(name))],
  ['of an older encoder that had our number', withoutStart],
  ['of an encoder that had our number', startedEarlier],
  ['of an encoder whose number another process has', (name) => startedEarlier(withPid(process.ppid)(name))],
  ['of an encoder before the machine was started again', (name) => name.replace(/[0-9a-f]{8}\./, '00000000.')],
])('the folder %s is removed, with what is in it', async (_, change) => {
  const left = join(parent, await ownName(change));
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, 'source-abc'), 'x');
  const own = await makeWorkFolder(parent);
  expect(readdirSync(parent)).not.toContain(basename(left));
  expect(readdirSync(own)).toEqual([]);
});

test('folders of living encoders, of other hosts and of other programs stay', async () => {
  const kept = [
    await ownName((name) => name),
    await ownName((name) => withoutStart(withPid(process.ppid)(name))),
    ...['sluice-encoder-otherhost-999999-abcdef', 'sluice-encoder-', 'notes'],
  ];
  for (const name of kept) {
    mkdirSync(join(parent, name), { recursive: true });
  }
  await makeWorkFolder(parent);
  expect(readdirSync(parent)).toEqual(expect.arrayContaining(kept));
});
