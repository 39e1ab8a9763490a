/** `npm test`: every check in order, cheapest first, stopping at the first that fails. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildConsole } from './console-build.ts';
import { ROOT } from './system.ts';

const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name);

function run(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(error?.message ?? `${[command.slice(ROOT.length), ...args].join(' ')} failed`);
  }
}

const TYPE_PROJECTS = ['tsconfig.json', 'tsconfig.node.json', 'tsconfig.console.json'];

const vitest = (...args: string[]): void => run(process.execPath, bin('vitest'), 'run', ...args);

/** `npm test -- ARGUMENTS` goes to vitest as it is, e.g. a file. */
const given = process.argv.slice(2);
const TEST_STAGES: Readonly<Record<string, () => void>> =
  given.length > 0
    ? { tests: () => vitest(...given) }
    : {
        tests: () => vitest('--project', 'worker*', '--project', 'node'),
        // Alone: players measure time, and two cores are few.
        'end-to-end tests': () => vitest('--project', 'e2e'),
      };

/** `biome ci` colours its output, a letter at a time, even into a file. */
const COLOURS = process.stdout.isTTY ? [] : ['--colors=off'];

const STAGES: Readonly<Record<string, () => void>> = {
  lint: () => {
    run(bin('biome'), 'ci', '--error-on-warnings', ...COLOURS, '.');
    // Of all files, then of what is deployed alone.
    run(process.execPath, bin('knip'));
    run(process.execPath, bin('knip'), '--production');
  },
  types: () => {
    for (const project of TYPE_PROJECTS) {
      run(bin('tsc'), '-p', project);
    }
  },
  console: () => buildConsole(ROOT, () => {}),
  ...TEST_STAGES,
};

for (const [name, stage] of Object.entries(STAGES)) {
  console.log(`\n== ${name}`);
  const startedAt = performance.now();
  try {
    stage();
  } catch (error) {
    console.error(`\n${name} failed: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
  console.log(`== ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
