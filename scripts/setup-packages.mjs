/** Checks whether node_modules matches package-lock.json. Plain Node 20; writes nothing. */
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
 * npm writes the hidden lock file after every package is in place, and `npm ci` removes it first. So a hidden lock file
 * that matches package-lock.json means a complete install. Its age means nothing, because git sets file times.
 * @param {string} root @returns {string | null} what is wrong, or null
 */
export function packagesProblem(root) {
  const installed = readLock(join(root, 'node_modules/.package-lock.json'));
  if (installed === null) {
    return 'packages are not installed';
  }
  const wanted = readLock(join(root, 'package-lock.json'));
  if (wanted === null) {
    return 'package-lock.json cannot be read';
  }
  const difference = lockDifference(wanted, installed);
  if (difference !== null) {
    return `the installed ${difference} is not the version in package-lock.json`;
  }
  return existsSync(join(root, 'node_modules/.bin/node')) ? null : 'the pinned Node is missing';
}

/** @param {Lock} wanted @param {Lock} installed @returns {string | null} the first package that differs */
export function lockDifference(wanted, installed) {
  for (const [path, { version, integrity, optional }] of Object.entries(wanted.packages)) {
    const found = installed.packages[path];
    if (path === '' || (found === undefined && optional)) {
      continue; // The project itself, or a package for another platform.
    }
    if (found?.version !== version || (found?.integrity ?? integrity) !== (integrity ?? found?.integrity)) {
      return path.replace(/^.*node_modules\//, '');
    }
  }
  return null;
}
