/** Tells whether node_modules is what package-lock.json asks for. Node 20, no dependencies, no writes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, dev?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} Lock
 */

/** @param {string} path @returns {Lock | null} */
function readLock(path) {
  try {
    const lock = JSON.parse(readFileSync(path, 'utf8'));
    return typeof lock?.packages === 'object' && lock.packages !== null ? lock : null;
  } catch {
    return null;
  }
}

/**
 * npm writes the hidden lock last, after every package is in place, and `npm ci` begins by removing it. So one that says
 * what package-lock.json says is a finished install; its age says nothing (git sets the times of what it checks out).
 * @param {string} root @returns {string | null} what is wrong, or null
 */
export function packagesProblem(root) {
  const installed = readLock(join(root, 'node_modules/.package-lock.json'));
  if (installed === null) {
    return 'packages are missing';
  }
  const wanted = readLock(join(root, 'package-lock.json'));
  if (wanted === null) {
    return 'package-lock.json cannot be read';
  }
  const difference = lockDifference(wanted, installed);
  if (difference !== null) {
    return `${difference} is not as locked`;
  }
  return existsSync(join(root, 'node_modules/.bin/node')) ? null : 'the pinned Node is missing';
}

/** @param {Lock} wanted @param {Lock} installed @returns {string | null} the first package that differs */
export function lockDifference(wanted, installed) {
  for (const [path, { version, integrity, optional }] of Object.entries(wanted.packages)) {
    const found = installed.packages[path];
    if (path === '' || (found === undefined && optional)) {
      continue; // The project itself, and packages for other platforms.
    }
    if (found?.version !== version || (found?.integrity ?? integrity) !== (integrity ?? found?.integrity)) {
      return path.replace(/^.*node_modules\//, '');
    }
  }
  return null;
}
