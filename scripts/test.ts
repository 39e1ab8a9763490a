/**
 * `npm test`: lint, type checks and unit tests in parallel, then the end-to-end tests. It stops at the first failure.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildConsole } from './console-build.ts';
import { ROOT } from './system.ts';

type Command = readonly [file: string, ...args: string[]];
type Check = { name: string; commands: readonly Command[]; output: 'live' | 'at the end' };

const IS_TERMINAL = process.stdout.isTTY;
const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name);
const vitest = (...args: string[]): Command => [process.execPath, bin('vitest'), 'run', ...args];

/** Aborted by the first failure and by Ctrl-C. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort());
}

/** Runs the commands one after the other. Rejects when one fails or the run is stopped. */
async function run({ name, commands, output }: Check): Promise<void> {
  const startedAt = performance.now();
  const kept: string[] = [];
  const print = (text: string): void => void (output === 'live' ? process.stdout.write(text) : kept.push(text));
  print(`\n== ${name}\n`);
  try {
    for (const command of commands) {
      await runCommand(command, print);
    }
  } finally {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    print(`== ${name}: ${seconds} s${stop.signal.aborted ? ' (stopped)' : ''}\n`);
    process.stdout.write(kept.join(''));
  }
}

function runCommand([file, ...args]: Command, print: (text: string) => void): Promise<void> {
  stop.signal.throwIfAborted();
  const env = { ...process.env, ...(IS_TERMINAL ? { FORCE_COLOR: '1' } : {}) };
  // In its own process group, so that the processes that tsc and vitest start can be stopped with it.
  const child = spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', print);
  }
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, 'SIGTERM');
    }
  };
  stop.signal.addEventListener('abort', end, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      stop.signal.removeEventListener('abort', end);
      code === 0 ? resolve() : reject(new Error(`${[file.slice(ROOT.length), ...args].join(' ')} failed`));
    });
  });
}

/** At most one of the checks may print live. */
async function runTogether(checks: readonly Check[]): Promise<void> {
  const failures: string[] = [];
  await Promise.all(
    checks.map(async (check) => {
      try {
        await run(check);
      } catch (error) {
        failures.push(`${check.name}: ${error instanceof Error ? error.message : error}`);
        stop.abort();
      }
    }),
  );
  if (failures[0] !== undefined) {
    console.error(`\n${failures[0]}`);
    process.exit(1);
  }
}

const LINT: Check = {
  name: 'lint',
  // Without a terminal `biome ci` would still colour its output, letter by letter.
  commands: [
    [bin('biome'), 'ci', '--error-on-warnings', `--colors=${IS_TERMINAL ? 'force' : 'off'}`, '.'],
    // All files, then only what is deployed.
    [process.execPath, bin('knip')],
    [process.execPath, bin('knip'), '--production', '--exports'],
  ],
  output: 'at the end',
};
const TYPES: Check = {
  name: 'type checks',
  commands: ['tsconfig.json', 'tsconfig.node.json', 'tsconfig.console.json'].map((file) => [bin('tsc'), '-p', file]),
  output: 'at the end',
};
const tests = (name: string, ...args: string[]): Check => ({ name, commands: [vitest(...args)], output: 'live' });

/**
 * `npm test -- ARGUMENTS` passes them to vitest, e.g. a file. End-to-end tests run alone, because players measure time.
 */
const given = process.argv.slice(2);
const STAGES =
  given.length > 0
    ? [[LINT, TYPES], [tests('tests', ...given)]]
    : [
        [LINT, TYPES, tests('unit tests', '--project', 'workerd', '--project', 'node')],
        [tests('end-to-end tests', '--project', 'e2e')],
        [tests('end-to-end tests of whole systems', '--project', 'e2e-own-system')],
      ];

// This runs before the checks, because it writes files that they read.
buildConsole(ROOT, () => console.log('building the console'));
for (const stage of STAGES) {
  await runTogether(stage);
}
