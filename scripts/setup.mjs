/**
 * Makes a fresh machine able to run Sluice: packages, ffmpeg and, with --browser, Chromium. Plain JavaScript for Node 20
 * with nothing installed; silent when nothing is missing. It knows nothing of the system it sets up.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitForLock } from './lock-file.mjs';
import { packagesProblem } from './setup-packages.mjs';
import { ffmpegProblem, findChromium, findProgram } from './setup-programs.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE = join(ROOT, 'node_modules/.bin/node');

/** The first version that runs TypeScript without a flag: type stripping is on by default since 22.18. */
const OLDEST_NODE_FOR_TYPESCRIPT = [22, 18];

/** A mirror that hangs must not hang us for ever; a full install takes well under a minute on a slow line. */
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
    'or set CHROMIUM_PATH to the program of a Chromium that you have',
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

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(command, args, env = process.env) {
  const result = spawnSync(command, args, { cwd: ROOT, env, encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS });
  if (result.status !== 0) {
    const why = result.error?.message ?? `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
    giveUp([`${[command, ...args].join(' ')} failed`, why]);
  }
}

function installPackages() {
  const problem = packagesProblem(ROOT);
  if (problem === null) {
    return;
  }
  say(`${problem}: npm ci`);
  // The npm that started us, if one did: `npm` alone could be another one, or none.
  const { npm_execpath: npmCli, npm_node_execpath: npmNode, ...env } = process.env;
  const [command, before] = npmCli && npmNode && existsSync(npmNode) ? [npmNode, [npmCli]] : ['npm', []];
  run(command, [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], env);
  linkNode();
  const left = packagesProblem(ROOT);
  if (left !== null) {
    giveUp([`npm ci has run, but ${left}`]);
  }
}

/** The pinned Node is published for Linux only; elsewhere the scripts use the Node at hand, if it is new enough. */
function linkNode() {
  if (existsSync(NODE)) {
    return;
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = OLDEST_NODE_FOR_TYPESCRIPT;
  if (major < needMajor || (major === needMajor && minor < needMinor)) {
    giveUp([`Node ${process.versions.node} is too old for this platform, which has no pinned one: install Node 24`]);
  }
  symlinkSync(realpathSync(process.execPath), NODE);
}

/** @param {keyof typeof BY_HAND} what @param {string} problem @param {string[]} packages @param {() => string | null} check */
function installProgram(what, problem, packages, check) {
  if (process.platform !== 'linux' || findProgram('apt-get') === null || process.getuid?.() !== 0) {
    giveUp([`${problem}. Install it and start again:`, ...BY_HAND[what].map((line) => `  ${line}`)]);
  }
  say(`${problem}: apt-get install ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Another apt at work holds the lock for minutes at most.
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-q'];
  run('apt-get', [...wait, 'update'], env);
  run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], env);
  const left = check();
  if (left !== null) {
    giveUp([`apt-get has run, but ${left}`, ...BY_HAND[what].map((line) => `  ${line}`)]);
  }
}

/** What is missing, in the order in which it is put right. Looked at twice: before and after waiting for another set-up. */
function setUp() {
  installPackages();
  const ffmpeg = ffmpegProblem();
  if (ffmpeg !== null) {
    installProgram('ffmpeg', ffmpeg, ['ffmpeg'], ffmpegProblem);
  }
  if (wantsBrowser && chromiumProblem() !== null) {
    // Without any font Chromium draws no text, and controls laid out around text have no size to click on.
    installProgram('chromium', 'chromium is missing', ['chromium', 'fonts-liberation'], chromiumProblem);
  }
}

const chromiumProblem = () => (findChromium() === null ? 'chromium is missing' : null);

const wantsBrowser = process.argv.includes('--browser');
if (packagesProblem(ROOT) !== null || ffmpegProblem() !== null || (wantsBrowser && chromiumProblem() !== null)) {
  // Two at once in one tree would destroy each other's node_modules.
  const release = waitForLock(join(ROOT, '.wrangler/setup.lock'), () => say('waiting for another set-up to finish'));
  try {
    setUp();
  } finally {
    release();
  }
}
