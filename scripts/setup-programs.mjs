/** Finds the programs that Sluice runs and checks them. Plain Node 20; writes nothing. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

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
