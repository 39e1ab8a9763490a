/** Imports point one way (design: layout). Reads every import of src, encoder and console, and holds it against the rules. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Import = { from: string; to: string };

/** `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`; type imports are imports too. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g;

/** Paths of this project from its root; packages as they are named. */
function importsOf(folders: string[]): Import[] {
  const files = globSync(`{${folders.join(',')}}/**/*.ts`, {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/dist/**'],
  });
  return files.flatMap((from) =>
    [...readFileSync(join(ROOT, from), 'utf8').matchAll(IMPORT)].map(([, , specifier = '']) => ({
      from,
      to: specifier.startsWith('.') ? relative(ROOT, join(ROOT, dirname(from), specifier)) : specifier,
    })),
  );
}

const within = (path: string, ...folders: string[]) => folders.some((folder) => path.startsWith(`src/${folder}/`));

const CONTROL = ['catalog', 'collection', 'encoding', 'events', 'ingest', 'webhooks'];
/** Plain values in, plain values out; checked under Workers and Node types alike. */
const PURE = ['contract', 'cmaf', 'manifest'];

const isRuntime = (to: string) => to === 'hono' || /^(hono\/|@hono\/|cloudflare:|node:)/.test(to);

const RULES: { rule: string; breaks: (candidate: Import) => boolean }[] = [
  {
    rule: 'the pure folders know no HTTP, no runtime and no other folder',
    breaks: ({ from, to }) =>
      within(from, ...PURE) && (isRuntime(to) || (to.startsWith('src/') && !within(to, ...PURE))),
  },
  {
    rule: 'the contract knows no other folder, and CMAF knows none but it',
    breaks: ({ from, to }) =>
      to.startsWith('src/') &&
      ((within(from, 'contract') && !within(to, 'contract')) ||
        (within(from, 'cmaf') && !within(to, 'contract', 'cmaf'))),
  },
  {
    rule: 'the delivery plane imports nothing from control',
    breaks: ({ from, to }) => within(from, 'delivery', 'playback') && within(to, ...CONTROL),
  },
  {
    rule: 'of views, which delivery collects, only the routes know control',
    breaks: ({ from, to }) => within(from, 'views') && !from.endsWith('-routes.ts') && within(to, ...CONTROL),
  },
  {
    rule: 'metrics are counted by every plane; only showing them (routes.ts) may know control',
    breaks: ({ from, to }) =>
      within(from, 'metrics') &&
      from !== 'src/ops/metrics-routes.ts' &&
      (within(to, ...CONTROL) || to === 'src/env.ts'),
  },
  {
    rule: 'the counters are pure',
    breaks: ({ from, to }) =>
      /^src\/metrics\/(meter|series)\.ts$/.test(from) && !/^src\/(errors|metrics\/series)\.ts$/.test(to),
  },
  {
    rule: 'encoders share the contract and CMAF with the Worker, nothing else',
    breaks: ({ from, to }) => from.startsWith('encoder/') && to.startsWith('src/') && !within(to, 'contract', 'cmaf'),
  },
  {
    rule: 'the Worker imports nothing from the encoder, the console, the scripts or the tests',
    breaks: ({ from, to }) => from.startsWith('src/') && /^(encoder|console|scripts|bench|test)\//.test(to),
  },
  { rule: 'nothing imports the entry', breaks: ({ to }) => to === 'src/index.ts' },
  {
    rule: 'only the entry imports the app',
    breaks: ({ from, to }) => to === 'src/app.ts' && from !== 'src/index.ts',
  },
];

describe('imports point one way', () => {
  const imports = importsOf(['src', 'encoder', 'console']);

  it('finds imports at all', () => {
    expect(imports).toContainEqual({ from: 'src/protocol/plan.ts', to: 'src/media/fraction.ts' });
    expect(imports).toContainEqual({ from: 'src/protocol/plan.ts', to: 'zod' });
  });

  it.each(RULES)('$rule', ({ breaks }) => {
    expect(imports.filter(breaks)).toEqual([]);
  });
});
