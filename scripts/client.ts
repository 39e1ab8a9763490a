/** `npm run client`: writes client/api-types.ts anew. With `--check` it compares instead, and fails where they differ. */
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
  console.error('client/api-types.ts is not that of the OpenAPI document: run `npm run client`');
  process.exitCode = 1;
}
