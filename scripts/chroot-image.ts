/**
 * Executes a Dockerfile without Docker. Each stage is a folder with a Debian from debootstrap, and RUN is a chroot in
 * its own mount namespace, so nothing stays mounted. Needs Linux and root. For checks only: it has no layers and no
 * cache.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { isIgnored, parseCopy, parsePairs, parseStages, type Stage } from './dockerfile.ts';

/** Long enough for apt or npm on a slow line. */
const STEP_TIMEOUT_MS = 15 * 60_000;
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** How this machine reaches its mirrors. The image does not keep them. */
const NETWORK_VARIABLES = /^(https?_proxy|no_proxy|npm_config_registry)$/i;

export type Image = {
  root: string;
  env: Record<string, string>;
  workdir: string;
  user: string;
  entrypoint: string[];
  healthCommand: string;
};

export type BuildOptions = {
  /** The folder that COPY reads from. */
  context: string;
  dockerfile: string;
  dockerignore: string;
  folder: string;
  /** Fills an empty folder with the contents of the image of this name. */
  makeBase: (image: string, root: string) => void;
  log: (line: string) => void;
};

/** Returns what the program prints. Throws with its output when it fails. */
export function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    env,
    encoding: 'utf8',
    timeout: STEP_TIMEOUT_MS,
    maxBuffer: 256 * 1024 ** 2,
  });
  if (status !== 0) {
    throw new Error(
      `${file} ${args.join(' ').slice(0, 200)}: ${error?.message ?? stderr.slice(-2000) + stdout.slice(-2000)}`,
    );
  }
  return stdout;
}

/** The last stage is the image. */
export function buildImage(options: BuildOptions): Image {
  const built = new Map<string, Image>();
  let last: Image | undefined;
  parseStages(options.dockerfile).forEach((stage, index) => {
    const root = join(options.folder, `stage-${index}`);
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root, { recursive: true });
    options.log(`FROM ${stage.image}`);
    options.makeBase(stage.image, root);
    last = buildStage(stage, root, built, options);
    built.set(stage.name ?? String(index), last);
  });
  if (last === undefined) {
    throw new Error('the Dockerfile has no stage');
  }
  return last;
}

function buildStage(stage: Stage, root: string, built: ReadonlyMap<string, Image>, options: BuildOptions): Image {
  const image: Image = { root, env: {}, workdir: '/', user: '0:0', entrypoint: [], healthCommand: '' };
  for (const { keyword, text } of stage.instructions) {
    const startedAt = performance.now();
    if (keyword === 'RUN') {
      runInside(image, text);
    } else if (keyword === 'COPY') {
      copy(image, text, built, options);
    } else if (keyword === 'ENV') {
      Object.assign(image.env, parsePairs(text));
    } else if (keyword === 'WORKDIR') {
      image.workdir = resolve(image.workdir, text);
      mkdirSync(join(root, image.workdir), { recursive: true });
    } else if (keyword === 'USER') {
      image.user = text;
    } else if (keyword === 'ENTRYPOINT') {
      image.entrypoint = JSON.parse(text);
    } else if (keyword === 'HEALTHCHECK') {
      image.healthCommand = /\bCMD (.*)$/.exec(text)?.[1] ?? '';
    } else if (keyword === 'VOLUME') {
      for (const path of JSON.parse(text)) {
        if (!existsSync(join(root, path))) {
          throw new Error(`VOLUME ${path} has no folder in the image, so root would own it`);
        }
      }
    } else if (keyword !== 'LABEL' && keyword !== 'STOPSIGNAL') {
      throw new Error(`${keyword} is not supported within a stage`);
    }
    options.log(`${keyword} ${text.slice(0, 90)}  (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  }
  return image;
}

/**
 * Paths are arguments, never part of the script's text. A certificate that this machine's network needs is copied to a
 * tmpfs, which vanishes with the namespace.
 */
const RUN_SCRIPT = `set -e; root=$1 user=$2 certificate=$3; shift 3
for name in proc dev; do mount --rbind /$name "$root/$name"; done
mount -t tmpfs tmpfs "$root/run"
if [ -n "$certificate" ]; then cp "$certificate" "$root/run/network.crt"; export NODE_EXTRA_CA_CERTS=/run/network.crt; fi
exec chroot --userspec="$user" "$root" /bin/sh -c 'cd "$1" && shift && exec /bin/sh -c "$1"' sh "$@"`;

function runInside(image: Image, command: string): void {
  const network = Object.fromEntries(Object.entries(process.env).filter(([name]) => NETWORK_VARIABLES.test(name)));
  const env = { PATH: DEFAULT_PATH, HOME: '/root', DEBIAN_FRONTEND: 'noninteractive', ...network, ...image.env };
  const namespace = ['--mount', '--propagation', 'private', 'sh', '-c', RUN_SCRIPT, 'sh'];
  const certificate = process.env['NODE_EXTRA_CA_CERTS'] ?? '';
  run('unshare', [...namespace, image.root, image.user, certificate, image.workdir, command], env);
}

function copy(image: Image, text: string, built: ReadonlyMap<string, Image>, options: BuildOptions): void {
  const { from, sources, target } = parseCopy(text);
  const stage = from === null ? undefined : built.get(from);
  if (from !== null && stage === undefined) {
    throw new Error(`COPY --from=${from}: no stage has this name`);
  }
  const into = join(image.root, isAbsolute(target) ? target : join(image.workdir, target));
  for (const source of sources) {
    const path = stage === undefined ? join(options.context, source) : join(stage.root, source);
    // Like Docker: a folder's contents are copied, not the folder itself; a file keeps its name only if the target is a
    // folder.
    const isFile = statSync(path).isFile();
    const destination = isFile && target.endsWith('/') ? join(into, basename(source)) : into;
    mkdirSync(dirname(destination), { recursive: true });
    const isWanted = (file: string): boolean =>
      stage !== undefined || !isIgnored(relative(options.context, file), options.dockerignore);
    cpSync(path, destination, { recursive: true, verbatimSymlinks: true, filter: isWanted });
    if (!existsSync(destination)) {
      throw new Error(`COPY ${source}: .dockerignore excludes it`);
    }
  }
}

/** Folders that the official slim image leaves empty, also when packages are installed later. */
const SLIM_WITHOUT = ['doc', 'info', 'locale', 'man'].map((name) => `/usr/share/${name}`);

function slim(root: string): void {
  const rules = [
    ...SLIM_WITHOUT.map((path) => `path-exclude ${path}/*`),
    'path-include /usr/share/doc/*/copyright',
    '',
  ];
  writeFileSync(join(root, 'etc/dpkg/dpkg.cfg.d/slim'), rules.join('\n'));
  for (const path of [...SLIM_WITHOUT, '/var/cache/apt', '/var/lib/apt/lists', '/var/log']) {
    run('find', [join(root, path), '-mindepth', '1', '-not', '-type', 'd', '-not', '-name', 'copyright', '-delete']);
  }
}

/** A Debian as small as the official slim image, from this machine's mirror. It is built once and then copied. */
export function makeDebian(release: string, mirror: string, cache: string, root: string): void {
  if (!existsSync(join(cache, 'complete'))) {
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    run('debootstrap', ['--variant=minbase', release, join(cache, 'root'), mirror]);
    slim(join(cache, 'root'));
    writeFileSync(join(cache, 'complete'), '');
  }
  run('cp', ['-a', `${cache}/root/.`, root]);
  cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true });
}

/** The first mirror in this machine's package sources. */
export function debianMirror(): string {
  const files = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].filter(existsSync);
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const mirror = process.env['DEBIAN_MIRROR'] ?? /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+)/m.exec(text)?.[1];
  if (mirror === undefined) {
    throw new Error('this machine has no Debian package source: set DEBIAN_MIRROR');
  }
  return mirror;
}
