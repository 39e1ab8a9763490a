/**
 * `npm run docs`: writes the generated blocks of docs/ from the code and from bench/results. With `--check`, which a
 * test uses, it writes nothing, names the documents that differ and exits with 1.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchmarkBlocks } from './docs/benchmarks.ts';
import { configurationBlocks } from './docs/configuration.ts';
import { errorBlocks } from './docs/error-meanings.ts';
import { httpApiBlocks } from './docs/http-api.ts';
import { limitBlocks } from './docs/limits.ts';
import { type BlockWriter, fillBlocks } from './docs/markdown.ts';
import { metricBlocks } from './docs/metrics.ts';
import { notStandardBlocks } from './docs/not-standard.ts';
import { urlBlocks } from './docs/urls.ts';
import { warningBlocks } from './docs/warning-meanings.ts';
import { readOpenApiText } from './openapi-document.ts';
import { ROOT } from './system.ts';

const isCheck = process.argv.includes('--check');

const writers: Readonly<Record<string, BlockWriter>> = {
  ...configurationBlocks(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')),
  ...errorBlocks,
  ...warningBlocks,
  ...notStandardBlocks,
  ...metricBlocks,
  ...urlBlocks,
  ...benchmarkBlocks,
  ...limitBlocks,
  ...httpApiBlocks(JSON.parse(await readOpenApiText())),
};

for (const name of globSync('docs/**/*.md', { cwd: ROOT }).sort()) {
  const path = join(ROOT, name);
  const before = readFileSync(path, 'utf8');
  const after = fillBlocks(before, writers);
  if (before === after) {
    continue;
  }
  if (isCheck) {
    console.error(`${name} is out of date: run \`npm run docs\``);
    process.exitCode = 1;
  } else {
    writeFileSync(path, after);
    console.log(name);
  }
}
