/** `npm run bench -- NAME [ARGUMENTS]`: runs bench/NAME.ts, or lists the names. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './system.ts';

const folder = join(ROOT, 'bench');
const names = existsSync(folder)
  ? readdirSync(folder).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -'.ts'.length)] : []))
  : [];
const [name = '', ...rest] = process.argv.slice(2);
if (names.includes(name)) {
  const { status } = spawnSync(process.execPath, [join(folder, `${name}.ts`), ...rest], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  console.error(
    `usage: npm run bench -- NAME\n${names
      .sort()
      .map((known) => `  ${known}\n`)
      .join('')}`,
  );
  process.exitCode = 1;
}
