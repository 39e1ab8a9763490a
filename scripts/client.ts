/** `npm run client`: generates client/api-types.ts. With `--check` it writes nothing and fails if the file is out of date. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOpenApiText } from './openapi-document.ts';
import { ROOT } from './system.ts';

const FILE = join(ROOT, 'client/api-types.ts');
// As a program of the workspace: it needs the compiler API of TypeScript 5, and the repository is checked with 7.
const GENERATOR = [join(ROOT, 'client/node_modules/openapi-typescript/bin/cli.js'), '--default-non-nullable', 'false'];

const HEADER =
  '/** Types of the API. `npm run client` generates this file from the OpenAPI document: do not edit it. */';
const ALIAS = "export type Schemas = components['schemas'];";

type Operation = { security?: readonly Readonly<Record<string, unknown>>[] };
type OpenApi = { paths: Record<string, Record<string, Operation | undefined>> };

/** Calls of encoders and players are left out, because they have their own clients. */
function callsOfApps({ paths, ...document }: OpenApi): OpenApi {
  const isOfApps = ([, operation]: [string, Operation | undefined]) =>
    operation?.security?.some((scheme) => 'apiToken' in scheme) === true;
  const kept = Object.entries(paths).map(([path, item]): [string, OpenApi['paths'][string]] => [
    path,
    Object.fromEntries(Object.entries(item).filter(isOfApps)),
  ]);
  return { ...document, paths: Object.fromEntries(kept.filter(([, item]) => Object.keys(item).length > 0)) };
}

function run(args: readonly string[], input: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, input, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${args[0]}: ${stderr}`);
  }
  return stdout;
}

const document = callsOfApps(JSON.parse(await readOpenApiText()));
const generated = run(GENERATOR, JSON.stringify(document)).replace(/^\/\*\*.*?\*\/\n/s, '');
const format = [join(ROOT, 'node_modules/.bin/biome'), 'format', `--stdin-file-path=${ROOT}/client/types.ts`];
const types = run(format, `${HEADER}\n${generated}\n${ALIAS}\n`);
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, types);
} else if (readFileSync(FILE, 'utf8') !== types) {
  console.error('client/api-types.ts is out of date: run `npm run client`');
  process.exitCode = 1;
}
