/** Builds the console when its sources are newer than the build that the Worker serves. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUILD_TIMEOUT_MS = 120_000;
/** Written after a successful build. The build's own files are no help, because vite may keep their times. */
const STAMP = 'node_modules/.cache/sluice/console-build';

/**
 * Without a console it creates an empty folder, because wrangler does not start when the assets directory is missing.
 */
export function buildConsole(root: string, onBuild: () => void): void {
  const console = join(root, 'console');
  const dist = join(console, 'dist');
  if (!existsSync(join(console, 'index.html'))) {
    mkdirSync(dist, { recursive: true });
    return;
  }
  const stamp = join(root, STAMP);
  const builtAt = existsSync(join(dist, 'index.html')) && existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  // The API reference is made of the Worker's schemas.
  const sources = [console, join(root, 'client'), join(root, 'src'), join(root, 'scripts/docs')];
  const changedAt = Math.max(...sources.map(newest), statSync(join(root, 'package-lock.json')).mtimeMs);
  if (builtAt > changedAt) {
    return;
  }
  onBuild();
  mkdirSync(join(stamp, '..'), { recursive: true });
  rmSync(stamp, { force: true });
  const startedAt = new Date();
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const args = [vite, 'build', console, '--logLevel', 'warn'];
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: BUILD_TIMEOUT_MS });
  if (result.status !== 0) {
    throw new Error(`the console failed to build:\n${result.error?.message ?? result.stderr + result.stdout}`);
  }
  writeFileSync(stamp, startedAt.toISOString());
}

/** The time of the latest change below a folder. A removal changes only the time of its folder. */
function newest(folder: string): number {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => !/^dist\b/.test(path));
  return Math.max(...['', ...paths].map((path) => statSync(join(folder, path)).mtimeMs));
}
