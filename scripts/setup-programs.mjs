/** Finds the programs Sluice runs and says whether they will do. Node 20, no dependencies, no writes. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The oldest release the encoder's arguments are tried on (Debian 12). */
const OLDEST_FFMPEG = [5, 1];

/** configure's name of each part that the encoder needs, and what people call it. */
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

/** @returns {string | null} CHROMIUM_PATH if set, else the first Chromium of this machine */
export function findChromium() {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen !== undefined && chosen !== '') {
    return isProgram(chosen) ? chosen : null;
  }
  const onPath = CHROMIUM_NAMES.map(findProgram).find((path) => path !== null);
  return onPath ?? CHROMIUM_ON_MACOS.find(isProgram) ?? null;
}

/** @returns {string | null} what is wrong with the ffmpeg of this machine, or null */
export function ffmpegProblem() {
  if (findProgram('ffmpeg') === null || findProgram('ffprobe') === null) {
    return 'ffmpeg is missing';
  }
  const { stdout, status } = spawnSync('ffmpeg', ['-version'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? ffmpegVersionProblem(stdout) : 'ffmpeg does not start';
}

/**
 * @param {string} text what `ffmpeg -version` prints
 * @returns {string | null} what is wrong, or null. A build from git carries no release number: its parts decide alone
 */
export function ffmpegVersionProblem(text) {
  const release = /^ffmpeg version n?(\d+)\.(\d+)/.exec(text);
  if (release !== null) {
    const [major, minor] = [Number(release[1]), Number(release[2])];
    const [oldestMajor = 0, oldestMinor = 0] = OLDEST_FFMPEG;
    if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
      return `ffmpeg ${major}.${minor} is older than ${OLDEST_FFMPEG.join('.')}`;
    }
  }
  const missing = Object.entries(FFMPEG_PARTS).filter(([flag]) => !text.includes(flag));
  return missing.length === 0 ? null : `ffmpeg lacks ${missing.map(([, part]) => part).join(' and ')}`;
}
