/**
 * Installs what Sluice needs: npm packages and ffmpeg; with --browser Chromium too, with --packages npm packages alone; with
 * --tuspy also that, where it can be had. Plain JavaScript that runs on Node 20 before any package is installed. It prints nothing
 * when nothing is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitForLock } from './lock-file.mjs';
import { ffmpegProblem, findChromium, findProgram, hasTuspy, packagesProblem } from './setup-checks.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE = join(ROOT, 'node_modules/.bin/node');

/** Node strips types by default since 22.18, so this is the first version that runs TypeScript without a flag. */
const OLDEST_NODE_FOR_TYPESCRIPT = [22, 18];

/** Bounds an install from a mirror that hangs. A full install takes well under a minute on a slow line. */
const INSTALL_TIMEOUT_MS = 15 * 60_000;

const BY_HAND = {
  ffmpeg: [
    'Debian, Ubuntu:  sudo apt-get install ffmpeg',
    'macOS:           brew install ffmpeg',
    'Fedora:          enable RPM Fusion (free), then: sudo dnf install ffmpeg --allowerasing',
  ],
  chromium: [
    'Debian, Ubuntu:  sudo apt-get install chromium',
    'macOS:           brew install --cask chromium',
    'Fedora:          sudo dnf install chromium',
    'or set CHROMIUM_PATH to an installed Chromium',
  ],
};

/** @param {string} line */
const say = (line) => process.stderr.write(`setup: ${line}\n`);

/** @param {string[]} lines @returns {never} */
function giveUp(lines) {
  for (const line of lines) {
    say(line);
  }
  process.exit(1);
}

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] @returns {string[]} why it failed */
function tryRun(command, args, env = process.env) {
  const result = spawnSync(command, args, { cwd: ROOT, env, encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS });
  if (result.status === 0) {
    return [];
  }
  const why = result.error?.message ?? `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
  return [`${[command, ...args].join(' ')} failed`, why];
}

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(command, args, env) {
  const failure = tryRun(command, args, env);
  if (failure.length > 0) {
    giveUp(failure);
  }
}

function installPackages() {
  const problem = packagesProblem(ROOT);
  if (problem === null) {
    return;
  }
  say(`${problem}; running npm ci`);
  // Use the npm that started this script, if one did: the `npm` on PATH may be another version or missing.
  const { npm_execpath: npmCli, npm_node_execpath: npmNode, ...env } = process.env;
  const [command, before] = npmCli && npmNode && existsSync(npmNode) ? [npmNode, [npmCli]] : ['npm', []];
  run(command, [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], env);
  linkNode();
  const left = packagesProblem(ROOT);
  if (left !== null) {
    giveUp([`npm ci has run, but ${left}`]);
  }
}

/**
 * The pinned Node exists for Linux only. On other platforms the scripts use the installed Node, if it is new enough.
 */
function linkNode() {
  if (existsSync(NODE)) {
    return;
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = OLDEST_NODE_FOR_TYPESCRIPT;
  if (major < needMajor || (major === needMajor && minor < needMinor)) {
    giveUp([`Node ${process.versions.node} is too old and this platform has no pinned Node: install Node 24`]);
  }
  symlinkSync(realpathSync(process.execPath), NODE);
}

const canUseApt = () => process.platform === 'linux' && findProgram('apt-get') !== null && process.getuid?.() === 0;

/** @param {string[]} packages @returns {string[]} why it failed */
function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Another apt process may hold the lock, for a few minutes at most.
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-q'];
  const failure = tryRun('apt-get', [...wait, 'update'], env);
  return failure.length > 0
    ? failure
    : tryRun('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], env);
}

/** @param {keyof typeof BY_HAND} what @param {string} problem @param {string[]} packages @param {() => string | null} check */
function installProgram(what, problem, packages, check) {
  if (!canUseApt()) {
    giveUp([`${problem}. Install it, then run this command again:`, ...BY_HAND[what].map((line) => `  ${line}`)]);
  }
  say(`${problem}; running apt-get install ${packages.join(' ')}`);
  const failure = aptInstall(packages);
  if (failure.length > 0) {
    giveUp(failure);
  }
  const left = check();
  if (left !== null) {
    giveUp([`apt-get has run, but ${left}`, ...BY_HAND[what].map((line) => `  ${line}`)]);
  }
}

/** Installs what is missing. Checks again first, because another setup may have finished while this one waited. */
function setUp() {
  installPackages();
  const ffmpeg = programProblem();
  if (ffmpeg !== null) {
    installProgram('ffmpeg', ffmpeg, ['ffmpeg'], ffmpegProblem);
  }
  if (wantsBrowser && chromiumProblem() !== null) {
    // Without a font Chromium draws no text, and controls that are sized by their text cannot be clicked.
    installProgram('chromium', CHROMIUM_MISSING, ['chromium', 'fonts-liberation'], chromiumProblem);
  }
  if (lacksTuspy()) {
    say('tuspy is not installed; running apt-get install python3-tuspy');
    aptInstall(['python3-tuspy']).forEach(say); // The test that needs it is left out, and says so.
  }
}

const CHROMIUM_MISSING = 'Chromium is not installed';
const chromiumProblem = () => (findChromium() === null ? CHROMIUM_MISSING : null);

const wantsBrowser = process.argv.includes('--browser');
/** Clients encode nothing. */
const programProblem = () => (process.argv.includes('--packages') ? null : ffmpegProblem());
const lacksTuspy = () => process.argv.includes('--tuspy') && canUseApt() && !hasTuspy();

const isMissing = packagesProblem(ROOT) !== null || programProblem() !== null || lacksTuspy();
if (isMissing || (wantsBrowser && chromiumProblem() !== null)) {
  // Two installs at once would destroy each other's node_modules.
  const release = waitForLock(join(ROOT, '.wrangler/setup.lock'), () => say('waiting for another setup to finish'));
  try {
    setUp();
  } finally {
    release();
  }
}
