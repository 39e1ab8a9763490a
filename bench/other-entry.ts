/** The whole Worker with an entry that wraps the usual one, configured by a wrangler.toml in another folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../scripts/system.ts';

/** `entry` is relative to the project's root. `folder` can then be the `root` of a Worker process. */
export function writeConfig(folder: string, entry: string): void {
  const moved = (path: string) => JSON.stringify(relative(folder, join(ROOT, path)));
  const config = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
    .replace('main = "src/index.ts"', `main = ${moved(entry)}`)
    .replace(/^(directory|migrations_dir) = "(.*)"$/gm, (_line, name, path) => `${name} = ${moved(path)}`);
  writeFileSync(join(folder, 'wrangler.toml'), config);
}
