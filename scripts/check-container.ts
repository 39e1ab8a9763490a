/**
 * `npm run check:container`: checks that encoder/Dockerfile works. It executes every instruction in a Debian 13 from
 * this machine's mirror, then runs the result like a container: not as root, without capabilities, read-only except for
 * the work folder, with two environment variables. The encoder in it encodes the sample for a real Worker on this
 * machine. Needs Linux, root, debootstrap, a Debian mirror and the npm registry. It takes minutes, so it is not part of
 * `npm test`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../client/api.ts';
import { childEnd } from './child.ts';
import { buildImage, DEFAULT_PATH, debianMirror, type Image, makeDebian, run } from './chroot-image.ts';
import { ingestFile, untilReady } from './ingest.ts';
import { ROOT, SAMPLE, type System, startSystem } from './system.ts';

const CACHE = join(tmpdir(), 'sluice-debian-trixie');
const READY_DEADLINE_MS = 10 * 60_000;
const POLL_MS = 500;
const STOP_DEADLINE_MS = 30_000;
/** The Dockerfile's USER. */
const USER = { id: 10001, workFolder: '/scratch' };

const log = (line: string): void => console.log(line);

function requireMachine(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('this check uses chroot and mount namespaces, so it needs Linux and root');
  }
  for (const program of ['debootstrap', 'unshare', 'nsenter', 'setpriv']) {
    if (spawnSync('which', [program]).status !== 0) {
      throw new Error(`${program} is not installed: run apt-get install debootstrap util-linux`);
    }
  }
}

/** Builds what the official image has: Debian, and for a `node:` image also node and npm below /usr/local. */
function makeBase(image: string, root: string): void {
  makeDebian('trixie', debianMirror(), CACHE, root);
  if (!image.startsWith('node:')) {
    return;
  }
  const release = process.version.slice(1);
  if (!image.startsWith(`node:${release}-trixie-slim`)) {
    throw new Error(`the Dockerfile uses ${image}, but this machine has Node ${release}`);
  }
  cpSync(process.execPath, join(root, 'usr/local/bin/node'), { dereference: true });
  // The pinned Node has no npm, so take this machine's: …/npm/bin/npm-cli.js.
  const npm = dirname(dirname(realpathSync(run('which', ['npm']).trim())));
  cpSync(npm, join(root, 'usr/local/lib/npm'), { recursive: true });
  run('ln', ['-s', '../lib/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm')]);
}

/** Equivalent to `docker run --read-only --cap-drop ALL --security-opt no-new-privileges -v …:/scratch -e … -e …`. */
const RUN_SCRIPT = [
  'set -e; root=$1; shift',
  'mount --bind "$root" "$root"',
  'mount -o remount,bind,ro "$root"',
  `mount -t tmpfs -o uid=${USER.id},gid=${USER.id},mode=0700 tmpfs "$root${USER.workFolder}"`,
  'mount -t proc proc "$root/proc"',
  'mount --rbind /dev "$root/dev"',
  'cd "$root/app"',
  `exec chroot "$root" setpriv --reuid ${USER.id} --regid ${USER.id} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- /bin/sh -c 'cd /app && exec "$@"' sh "$@"`,
].join('\n');

function startContainer(image: Image, env: Record<string, string>): ChildProcess {
  const args = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', 'sh', '-c', RUN_SCRIPT, 'sh'];
  const child = spawn('unshare', [...args, image.root, ...image.entrypoint], {
    env: { PATH: DEFAULT_PATH, ...image.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream
      .setEncoding('utf8')
      .on('data', (text: string) => process.stdout.write(`${text.replace(/^/gm, '  | ').trimEnd()}\n`));
  }
  return child;
}

/** The pid of the container's first process, in this machine's namespace. */
function firstProcess(container: ChildProcess): number {
  const path = `/proc/${container.pid}/task/${container.pid}/children`;
  return Number(readFileSync(path, 'utf8').trim().split(' ')[0]);
}

/** Runs a shell command in the container, as its user. */
function insideOf(container: ChildProcess, image: Image, command: string): { status: number | null; output: string } {
  const { id } = USER;
  const args = ['-t', String(firstProcess(container)), '-m', '-p', '-r', '-w', '-S', String(id), '-G', String(id)];
  const { status, stdout, stderr } = spawnSync('nsenter', [...args, '/bin/sh', '-c', command], {
    env: { PATH: DEFAULT_PATH, ...image.env },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

function check(what: string, holds: boolean, detail = ''): void {
  if (!holds) {
    throw new Error(`failed: ${what}. ${detail}`);
  }
  log(`ok ${what}`);
}

async function encodeSample(system: System, image: Image): Promise<void> {
  const container = startContainer(image, { SLUICE_URL: system.url, ENCODER_TOKEN: system.encoderToken });
  const ended = childEnd(container);
  try {
    const api = createClient({ server: system.url, token: system.apiToken });
    const startedAt = performance.now();
    const { id } = await ingestFile({ path: SAMPLE, api });
    const readAsset = () => api.call('GET /assets/{id}', { path: { id } });
    await Promise.race([
      untilReady(readAsset, { pollMs: POLL_MS, deadlineMs: READY_DEADLINE_MS }),
      ended.then((how) => Promise.reject(new Error(`the container ended with ${how}`))),
    ]);
    log(`ok the sample is ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    const inside = (command: string) => insideOf(container, image, command);
    const healthy = inside(image.healthCommand);
    check('the health check passes', healthy.status === 0, healthy.output);
    const aged = inside(
      `touch -d '10 minutes ago' "$HEALTH_FILE.old"; HEALTH_FILE="$HEALTH_FILE.old"; ${image.healthCommand}`,
    );
    check('the health check fails for a silent encoder', aged.status === 1, aged.output);
    check('the container does not run as root', inside('id -u').output.trim() === String(USER.id));
    check(
      'the root file system is read-only',
      inside('touch /app/x').status !== 0 && inside('touch /tmp/x').status !== 0,
    );
    check('the container has no capabilities', /CapEff:\s*0+$/m.test(inside('cat /proc/1/status').output));
    process.kill(firstProcess(container), 'SIGTERM');
    const how = await Promise.race([ended, sleep(STOP_DEADLINE_MS, 'nothing', { ref: false })]);
    check('SIGTERM ends it cleanly', how === 'code 0', `it ended with ${how}`);
  } finally {
    container.kill('SIGKILL');
    await ended;
  }
}

async function main(): Promise<void> {
  requireMachine();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-image-'));
  try {
    const startedAt = performance.now();
    const image = buildImage({
      context: ROOT,
      dockerfile: readFileSync(join(ROOT, 'encoder/Dockerfile'), 'utf8'),
      dockerignore: readFileSync(join(ROOT, '.dockerignore'), 'utf8'),
      folder,
      makeBase,
      log,
    });
    log(`built the image in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    const sizeOf = (path: string) => run('du', ['-sxm', path]).split('\t')[0];
    log(
      `size ${sizeOf(image.root)} MiB, of which Debian is ${existsSync(CACHE) ? sizeOf(join(CACHE, 'root')) : '?'} MiB`,
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in
    const packages = run('chroot', [image.root, 'dpkg-query', '-W', '-f', '${Installed-Size} ${Package}\\n']);
    const largest = packages.split('\n').sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
    log(`largest packages (KiB): ${largest.slice(0, 8).join(', ')}`);
    log(run('chroot', [image.root, 'ffmpeg', '-version']).split('\n')[0] ?? '');
    const system = await startSystem({
      port: 0,
      stateDir: join(folder, 'state'),
      encoders: 0,
      preset: 'veryfast',
      log: ({ level, source, text }) => level === 'error' && console.error(`${source}: ${text}`),
    });
    try {
      await encodeSample(system, image);
    } finally {
      await system.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  },
);
