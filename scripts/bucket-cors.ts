/**
 * `npm run cors -- ORIGIN…`: lets pages of these origins send parts of direct uploads to the deployed bucket. Replaces the
 * rules that the bucket has; wrangler asks first.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unstable_readConfig as readConfig } from 'wrangler';
import { corsRules, splitArguments } from './cors-rules.ts';
import { ROOT } from './system.ts';

function applyRules(): number {
  const { origins, options, config } = splitArguments(process.argv.slice(2));
  const text = JSON.stringify(corsRules(origins), null, 2);
  const [bucket] = readConfig({ config: resolve(ROOT, config) }).r2_buckets;
  if (bucket?.bucket_name === undefined) {
    throw new Error(`${config} names no bucket`);
  }
  console.log(`${bucket.bucket_name}: ${text}`);
  console.log("The S3 endpoint of `npm start` takes no rules: it answers this machine's pages and no others.");
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cors-'));
  try {
    const file = join(folder, 'cors.json');
    writeFileSync(file, text);
    const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
    const args = ['r2', 'bucket', 'cors', 'set', bucket.bucket_name, '--file', file, ...options];
    return spawnSync(process.execPath, [wrangler, ...args], { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

try {
  process.exitCode = applyRules();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
