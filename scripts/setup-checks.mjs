/** Checks whether node_modules and the programs that Sluice runs are as they must be. Plain Node 20; writes nothing. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

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

/** The oldest release that the encoder's arguments are tested with (Debian 12). */
const OLDEST_FFMPEG = [5, 1];

/** The configure flag of each library that the encoder needs, and its usual name. */
const FFMPEG_PARTS = { '--enable-libx264': 'libx264', '--enable-libzimg': 'zscale' };

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const CHROMIUM_ON_MACOS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @param {string} name @returns {string | null} its path, from PATH */
export function findProgram(name) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

/** @returns {string | null} CHROMIUM_PATH if it is set, otherwise the first Chromium found on this machine */
export function findChromium() {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen !== undefined && chosen !== '') {
    return isProgram(chosen) ? chosen : null;
  }
  const onPath = CHROMIUM_NAMES.map(findProgram).find((path) => path !== null);
  return onPath ?? CHROMIUM_ON_MACOS.find(isProgram) ?? null;
}

/** @returns {string | null} what is wrong with this machine's ffmpeg, or null */
export function ffmpegProblem() {
  if (findProgram('ffmpeg') === null || findProgram('ffprobe') === null) {
    return 'ffmpeg is not installed';
  }
  const { stdout, status } = spawnSync('ffmpeg', ['-version'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? ffmpegVersionProblem(stdout) : 'ffmpeg does not start';
}

/**
 * @param {string} text what `ffmpeg -version` prints
 * @returns {string | null} what is wrong, or null. A build from git has no release number, so only its libraries count
 */
export function ffmpegVersionProblem(text) {
  const release = /^ffmpeg version n?(\d+)\.(\d+)/.exec(text);
  if (release !== null) {
    const [major, minor] = [Number(release[1]), Number(release[2])];
    const [oldestMajor = 0, oldestMinor = 0] = OLDEST_FFMPEG;
    if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
      return `ffmpeg ${major}.${minor} is too old (at least ${OLDEST_FFMPEG.join('.')} is needed)`;
    }
  }
  const missing = Object.entries(FFMPEG_PARTS).filter(([flag]) => !text.includes(flag));
  return missing.length === 0 ? null : `ffmpeg was built without ${missing.map(([, part]) => part).join(' and ')}`;
}

/** Debian's own: only it finds Debian's modules. */
export const PYTHON = '/usr/bin/python3';

/** Whether there is the upload client that one of the slow tests needs. */
export const hasTuspy = () =>
  spawnSync(PYTHON, ['-c', 'import tusclient'], { stdio: 'ignore', timeout: 10_000 }).status === 0;
