/**
 * Each benchmark runs, at its smallest size: bounds of speed are not held, results that are wrong still fail it. Apart from
 * `npm test`, because it takes minutes: `npm run test:bench`.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { childEnd } from '../../scripts/child.ts';
import { ROOT } from '../../scripts/system.ts';

type Run = { variables: Readonly<Record<string, string>>; shows: RegExp };

const RUNS: Readonly<Record<string, Run>> = {
  revocations: { variables: {}, shows: /100,?000/ },
  cost: { variables: {}, shows: /delivery/ },
  coalesce: { variables: { CLIENTS: '20', SEGMENT_BYTES: '20000', R2_DELAY_MS: '100' }, shows: /control/ },
  delivery: { variables: { ROUNDS: '1', SECONDS: '0.2' }, shows: /session, known/ },
  hitratio: { variables: { SESSIONS: '20', ASSETS: '5', WARM_REPLAYS: '1' }, shows: /measured, warm/ },
  memory: { variables: { SEGMENTS: '20' }, shows: /after a collection/ },
  frames: { variables: { CASES: '1', SEED: '1' }, shows: /\ball\b/ },
  'fleet 2': { variables: { HOURS: '0.02', JOB_HOURS: '0.02', FAULTS: 'off' }, shows: /efficiency|useful/ },
  views: {
    variables: {
      RUNTIMES: '1',
      ISOLATES: '1',
      PLAYERS: '50',
      COLD_ASSETS: '2',
      SECONDS: '0.5',
      WARM_SECONDS: '0.5',
      ROUNDS: '1',
    },
    shows: /M views/,
  },
  'views truth': { variables: { SESSIONS: '200', KILLS: '1' }, shows: /forgets at a restart/ },
  chaos: { variables: { ROUNDS: '1', SEED: '1' }, shows: /disturbances/ },
  encode: { variables: { X264_PRESET: 'ultrafast' }, shows: /SSIM/ },
};

it('has a smallest size for each that README names', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const rows = readme.split('\n').filter((line) => line.startsWith('| `npm run bench'));
  const named = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/-- ([a-z]+(?: truth)?)/g)].map(([, name]) => name),
  );
  expect(new Set(Object.keys(RUNS).map((run) => run.replace(/ \d+$/, '')))).toEqual(new Set(named));
});

it.each(Object.entries(RUNS))('%s', async (run, { variables, shows }) => {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/bench.ts'), ...run.split(' ')], {
    cwd: ROOT,
    env: { ...process.env, BOUNDS: 'off', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors, how] = await Promise.all([text(child.stdout), text(child.stderr), childEnd(child)]);
  expect(how, `${out.slice(-3000)}\n${errors.slice(-3000)}`).toBe('code 0');
  expect(out).toMatch(shows);
});
