/** Lock files that die with their holder. Node 20, no dependencies: set-up needs one before anything is installed. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const POLL_MS = 250;
/** Longer than the longest install (setup.mjs) plus the wait for apt's own lock. */
const DEADLINE_MS = 30 * 60_000;

/** @param {unknown} error @param {string} code */
const isCode = (error, code) => error instanceof Error && 'code' in error && error.code === code;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/** @param {string} path @returns {number} who holds it; 0 when nobody does, or when it does not say so yet */
function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
}

/**
 * Takes the lock if it is free, or if its holder has died without releasing it.
 * @param {string} path @returns {(() => void) | null} releases it; null when another process holds it
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const holder = holderOf(path);
  if (holder > 0 && !isAlive(holder)) {
    rmSync(path, { force: true });
  }
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (isCode(error, 'EEXIST')) {
      return null;
    }
    throw error;
  }
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  return release;
}

/**
 * Waits, without giving the event loop a turn, until this process holds the lock.
 * @param {string} path @param {() => void} onWait called once if it has to wait @returns {() => void} releases it
 */
export function waitForLock(path, onWait) {
  const deadline = Date.now() + DEADLINE_MS;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; Date.now() < deadline; attempt += 1) {
    const release = tryLock(path);
    if (release !== null) {
      return release;
    }
    if (attempt === 0) {
      onWait();
    }
    Atomics.wait(sleeper, 0, 0, POLL_MS);
  }
  throw new Error(`process ${holderOf(path)} holds ${path} for too long; remove the file if it is stuck`);
}
