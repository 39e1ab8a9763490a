/** `npm run bench -- NAME [ARGUMENTS]`: runs the benchmark of this name. Without a known name it lists them all. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildConsole } from './console-build.ts';
import { ROOT } from './system.ts';

const folder = join(ROOT, 'bench');
/** A benchmark says how it is run in its comment; the other files are parts of one. */
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => readFileSync(join(folder, `${name}.ts`), 'utf8').includes(`npm run bench -- ${name}`));
const [name = '', ...rest] = process.argv.slice(2);
/** Chromium is installed for these if it is missing. */
const NEED_BROWSER = ['instant', 'network-cuts'];
if (names.includes(name)) {
  if (NEED_BROWSER.includes(name)) {
    spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs'), '--browser'], { stdio: 'inherit' });
  }
  // The Worker serves the console, so its build must exist.
  buildConsole(ROOT, () => console.error('building the console'));
  const { status } = spawnSync(process.execPath, [join(folder, `${name}.ts`), ...rest], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  console.error(
    `usage: npm run bench -- NAME [ARGUMENTS], where NAME is one of\n${names.map((known) => `  ${known}\n`).join('')}`,
  );
  process.exitCode = 1;
}
