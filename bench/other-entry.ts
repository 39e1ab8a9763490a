/** The whole Worker with another entry, which wraps the usual one: wrangler.toml for a folder that is not the project's. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../scripts/system.ts';

/** `entry` from the project's root. The folder is then the `root` of a Worker process. */
export function writeConfig(folder: string, entry: string): void {
  const moved = (path: string) => JSON.stringify(relative(folder, join(ROOT, path)));
  const config = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
    .replace('main = "src/index.ts"', `main = ${moved(entry)}`)
    .replace(/^(directory|migrations_dir) = "(.*)"$/gm, (_line, name, path) => `${name} = ${moved(path)}`);
  writeFileSync(join(folder, 'wrangler.toml'), config);
}
