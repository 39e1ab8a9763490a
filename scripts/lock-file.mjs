/**
 * Locks that die with their holder. Node 20, no dependencies: set-up needs one before anything is installed.
 *
 * Each contender announces itself by an empty file of its own, `LOCK.PID-START`, and holds the lock if it then sees no
 * other that lives. A file of a process that is gone counts for nothing, even if another process has its pid now. The
 * file of a live process is never removed, so two contenders never both hold the lock.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const POLL_MS = 250;
/** Longer than the longest install (setup.mjs) plus the wait for apt's own lock. */
const DEADLINE_MS = 30 * 60_000;
/** Two that announce themselves at once both step back, for up to so long. */
const STEP_BACK_MS = 50;
const ATTEMPTS = 8;

const sleeper = new Int32Array(new SharedArrayBuffer(4));
/** @param {number} ms */
const sleep = (ms) => Atomics.wait(sleeper, 0, 0, ms);

/**
 * When a process began, which tells it from a later one of the same pid; on Linux by the kernel's clock and boot.
 * @param {number} pid @returns {string | null} null when it is gone, or waits only for its parent to notice
 */
function startOf(pid) {
  if (!existsSync('/proc/self/stat')) {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return (stdout ?? '').replace(/\W+/g, '') || null;
  }
  try {
    // proc_pid_stat(5): after the name in brackets, which may hold anything, the state is field 3 and the start field 22.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${boot}${fields[19]}`;
  } catch {
    return null;
  }
}

/** @param {string} path @returns {number} the process that holds the lock; 0 when there is none */
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
 * Takes the lock if no process that lives holds it. Not for two parts of one process.
 * @param {string} path @returns {(() => void) | null} releases it; null when another process holds it
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
 * Waits, without giving the event loop a turn, until this process holds the lock.
 * @param {string} path @param {() => void} onWait called once if it has to wait @returns {() => void} releases it
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
  throw new Error(`process ${holderOf(path)} holds ${path} for too long`);
}
