/**
 * Imports point one way: every import of src and encoder, type imports too, against the layer table of CONTRIBUTING.md,
 * which denies what it does not name.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

type Import = { from: string; to: string };

/** `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`; type imports are imports too. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g;

/** Paths of this project from its root; packages as they are named. */
const importsOf = (from: string, text = read(from)): Import[] =>
  [...text.matchAll(IMPORT)].map(([, , specifier = '']) => ({
    from,
    to: specifier.startsWith('.') ? relative(ROOT, join(ROOT, dirname(from), specifier)) : specifier,
  }));

/** Rows in their order: a folder of src without that prefix, one of the encoder with it, or a file of src itself. */
function readLayers(): Map<string, ReadonlySet<string>> {
  const [, table = ''] = read('CONTRIBUTING.md').split(/<!-- \/?layers -->/);
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const quoted = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  return new Map(
    rows.map((row) => {
      const [, name, , allowed] = row.split('|');
      return [quoted(name)[0] ?? '', new Set(quoted(allowed))];
    }),
  );
}

function layerOf(path: string): string {
  const inSource = path.replace(/^src\//, '');
  return inSource.includes('/') ? dirname(inSource) : inSource;
}

const layers = readLayers();
const files = globSync('{src,encoder}/**/*.ts', { cwd: ROOT });
const imports = files.flatMap((file) => importsOf(file));
const isOurs = ({ to }: Import): boolean => /^(src|encoder)\//.test(to);

const isForbidden = ({ from, to }: Import): boolean =>
  layerOf(from) !== layerOf(to) && layers.get(layerOf(from))?.has(layerOf(to)) !== true;

const importsByFile = Map.groupBy(imports.filter(isOurs), ({ from }) => from);

/** Every file of src that `from` reaches, itself included. */
function reachOf(from: readonly string[]): Set<string> {
  const reached = new Set(from);
  for (const file of reached) {
    for (const { to } of importsByFile.get(file) ?? []) {
      // A Set goes on with what is added on the way.
      reached.add(to);
    }
  }
  return reached;
}

describe('the layer table', () => {
  it('has a row for every folder, and none for what is not there', () => {
    expect([...layers.keys()].sort()).toEqual([...new Set(files.map(layerOf))].sort());
  });

  it('lets a row import rows above it alone: no two folders import each other, and none form a circle', () => {
    const names = [...layers.keys()];
    for (const [index, [name, allowed]] of [...layers].entries()) {
      expect(names.slice(0, index), name).toEqual(expect.arrayContaining([...allowed]));
    }
  });
});

describe('imports', () => {
  it('are found at all', () => {
    expect(imports).toContainEqual({ from: 'src/protocol/plan.ts', to: 'src/media/fraction.ts' });
    expect(imports).toContainEqual({ from: 'src/protocol/plan-schema.ts', to: 'zod' });
  });

  it('are those that the table allows', () => {
    expect(imports.filter((edge) => isOurs(edge) && isForbidden(edge))).toEqual([]);
  });

  it('would not be, of control or a table of D1 in delivery', () => {
    const text =
      "import type { AssetRow } from '../catalog/rows.ts';\nimport { publish } from '../control/encoding/publish/publish.ts';";
    expect(importsOf('src/delivery/routes.ts', text).filter(isForbidden)).toHaveLength(2);
  });

  it('form no circle of files, types included', () => {
    const circles = files.filter((file) => importsByFile.get(file)?.some(({ to }) => reachOf([to]).has(file)));
    expect(circles).toEqual([]);
  });

  it('lead from the Worker and the encoder to nothing else of this repository', () => {
    expect(imports.filter(({ to }) => /^(console|scripts|bench|test)\//.test(to))).toEqual([]);
  });
});

describe('delivery', () => {
  const reached = [...reachOf(files.filter((file) => file.startsWith('src/delivery/')))];

  it('reaches neither the control plane nor the catalog, however far one follows', () => {
    expect(reached.filter((file) => /^src\/(control|catalog)\//.test(file))).toEqual([]);
  });

  it('reaches no D1', () => {
    expect(reached.filter((file) => /\bD1Database\b/.test(read(file)))).toEqual([]);
  });
});

describe('pure folders', () => {
  const pure = files.filter((file) => /^src\/(media|protocol)\//.test(file));

  it('know no HTTP and no runtime', () => {
    const isRuntime = ({ to }: Import) => /^(hono$|hono\/|@hono\/|cloudflare:|node:)/.test(to);
    expect(imports.filter((edge) => pure.includes(edge.from) && isRuntime(edge))).toEqual([]);
  });
});

describe('comments', () => {
  it('name files that exist', () => {
    const all = globSync('{src,encoder,client,scripts,bench,test,console/src}/**/*.{ts,js,mjs}', {
      cwd: ROOT,
      exclude: ['**/node_modules'],
    });
    const names = new Set(
      all.flatMap((file) => file.split('/').map((_, index, steps) => steps.slice(index).join('/'))),
    );
    const PATH = /(?<![\w/.'`{*-])((?:[\w-]+\/)*[\w-]+\.(?:test\.)?ts)\b/g;
    const isComment = (line: string) => /^\s*(\/\*\*|\*|\/\/)/.test(line);
    const lost = all.flatMap((file) =>
      read(file)
        .split('\n')
        .filter(isComment)
        .flatMap((line) => [...line.matchAll(PATH)].map(([, name = '']) => ({ file, name })))
        .filter(({ name }) => !names.has(name)),
    );
    expect(lost).toEqual([]);
  });
});
