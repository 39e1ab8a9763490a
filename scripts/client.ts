/** `npm run client`: generates client/api-types.ts. With `--check` it writes nothing and fails if the file is out of date. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiTypes } from './api-types.ts';
import { readOpenApiText } from './openapi-document.ts';
import { ROOT } from './system.ts';

const FILE = fileURLToPath(new URL('../client/api-types.ts', import.meta.url));

function formatted(text: string): string {
  const args = ['format', `--stdin-file-path=${FILE}`];
  const { status, stdout, stderr } = spawnSync('node_modules/.bin/biome', args, {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw new Error(`biome: ${stderr}`);
  }
  return stdout;
}

const types = formatted(apiTypes(JSON.parse(await readOpenApiText())));
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, types);
} else if (readFileSync(FILE, 'utf8') !== types) {
  console.error('client/api-types.ts is out of date: run `npm run client`');
  process.exitCode = 1;
}
