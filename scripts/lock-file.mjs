/**
 * Locks that end with the process that holds them. Plain Node 20: setup needs one before any package is installed.
 *
 * Each contender creates an empty file, `LOCK.PID-START`, and holds the lock if no other live process has such a file.
 * The file of an ended process is ignored, even if its pid has been reused. The file of a live process is never
 * removed, so two contenders never both hold the lock.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const POLL_MS = 250;
/** Longer than the longest install (setup.mjs) plus the wait for apt's own lock. */
const DEADLINE_MS = 30 * 60_000;
/** When two contenders arrive at once, both step back for at most this long. */
const STEP_BACK_MS = 50;
const ATTEMPTS = 8;

const sleeper = new Int32Array(new SharedArrayBuffer(4));
/** @param {number} ms */
const sleep = (ms) => Atomics.wait(sleeper, 0, 0, ms);

/**
 * When a process started, which tells it from a later process with the same pid. On Linux it includes the boot id.
 * @param {number} pid @returns {string | null} null when the process has ended, or is a zombie
 */
function startOf(pid) {
  if (!existsSync('/proc/self/stat')) {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return (stdout ?? '').replace(/\W+/g, '') || null;
  }
  try {
    // proc_pid_stat(5): the name in brackets may hold anything. After it, the state is field 3 and the start is field
    // 22.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${boot}${fields[19]}`;
  } catch {
    return null;
  }
}

/** @param {string} path @returns {number} the process that holds the lock; 0 when nobody does */
export function holderOf(path) {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path)).filter((candidate) => candidate.startsWith(prefix))) {
    const [pid, start] = name.slice(prefix.length).split('-');
    if (Number(pid) !== process.pid) {
      if (startOf(Number(pid)) === start) {
        return Number(pid);
      }
      rmSync(join(dirname(path), name), { force: true });
    }
  }
  return 0;
}

/**
 * Takes the lock if no live process holds it. It does not keep two parts of one process apart.
 * @param {string} path @returns {(() => void) | null} a function that releases it; null when another process holds it
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}-${startOf(process.pid)}`;
  const release = () => {
    process.off('exit', release);
    rmSync(own, { force: true });
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    writeFileSync(own, '');
    if (holderOf(path) === 0) {
      process.once('exit', release);
      return release;
    }
    release();
    sleep(Math.random() * STEP_BACK_MS);
  }
  return null;
}

/**
 * Blocks the event loop until this process holds the lock.
 * @param {string} path @param {() => void} onWait called once if it has to wait @returns {() => void} a function that releases it
 */
export function waitForLock(path, onWait) {
  const deadline = Date.now() + DEADLINE_MS;
  for (let attempt = 0; Date.now() < deadline; attempt += 1) {
    const release = tryLock(path);
    if (release !== null) {
      return release;
    }
    if (attempt === 0) {
      onWait();
    }
    sleep(POLL_MS);
  }
  throw new Error(`gave up waiting for ${path}: process ${holderOf(path)} holds it`);
}
