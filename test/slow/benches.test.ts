/** Each benchmark runs, at its smallest size: bounds of speed are not held, results that are wrong still fail it. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { childEnd } from '../../scripts/child.ts';
import { ROOT } from '../../scripts/system.ts';

type Run = { variables: Readonly<Record<string, string>>; arguments?: readonly string[]; shows: RegExp };

const FOLDER = mkdtempSync(join(tmpdir(), 'sluice-bench-test-'));
const CLIP = join(FOLDER, 'clip.mp4');

const RUNS: Readonly<Record<string, Run>> = {
  revocations: { variables: {}, shows: /100,?000/ },
  cost: { variables: {}, shows: /delivery/ },
  coalesce: { variables: { CLIENTS: '20', SEGMENT_BYTES: '20000', R2_DELAY_MS: '100' }, shows: /control/ },
  delivery: { variables: { ROUNDS: '1', SECONDS: '0.2' }, shows: /session, known/ },
  hitratio: { variables: { SESSIONS: '20', ASSETS: '5', WARM_REPLAYS: '1' }, shows: /measured, warm/ },
  memory: { variables: { SEGMENTS: '20' }, shows: /after a collection/ },
  catalog: { variables: { ASSETS: '1500', ROUNDS: '1' }, shows: /by relevance/ },
  'text-track': { variables: { HOURS: '0.1', CUES: '20', ROUNDS: '1' }, shows: /rename/ },
  upload: {
    variables: { MEBIBYTES: '17', ROUNDS: '1', CREATIONS: '5', CUT_MEBIBYTES: '8' },
    shows: /sent twice/,
  },
  instant: {
    variables: {
      ...{ ROUNDS: '1', LONGEST_MINUTES: '0.2', R2_DELAY_MS: '10', SEGMENT_MINUTES: '1' },
      ...{ LOAD_SECONDS: '0.2', FILM_MINUTES: '5', SEEKS: '1', DOWNLOAD_MINUTES: '0.2' },
    },
    shows: /a rendition/,
  },
  frames: { variables: { CASES: '1', SEED: '1' }, shows: /\ball\b/ },
  'fleet 2': { variables: { HOURS: '0.02', JOB_HOURS: '0.02', FAULTS: 'off' }, shows: /efficiency|useful/ },
  'last-tasks 10': { variables: { SEEDS: '1' }, shows: /points/ },
  'sound-parts 20': { variables: { SEEDS: '1' }, shows: /in parts/ },
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
  'network-cuts': { variables: { SECONDS: '20', SEED: '1' }, shows: /cards/ },
  encode: { variables: { X264_PRESET: 'ultrafast' }, arguments: [CLIP], shows: /SSIM/ },
};

beforeAll(() => {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=24:duration=2'];
  const sound = ['-f', 'lavfi', '-i', 'sine=duration=2'];
  execFileSync('ffmpeg', ['-v', 'error', ...picture, ...sound, '-c:v', 'libx264', '-c:a', 'aac', CLIP]);
});

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

it('has a smallest size for each that CONTRIBUTING names', () => {
  const contributing = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const rows = contributing.split('\n').filter((line) => line.startsWith('| `npm run bench'));
  const named = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/-- ([a-z-]+(?: truth)?)/g)].map(([, name]) => name),
  );
  // Of chaos chaos.test.ts is the small size.
  expect(new Set([...Object.keys(RUNS).map((run) => run.replace(/ \d+$/, '')), 'chaos'])).toEqual(new Set(named));
});

it.each(Object.entries(RUNS))('%s', async (run, { variables, arguments: more = [], shows }) => {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/bench.ts'), ...run.split(' '), ...more], {
    cwd: ROOT,
    env: { ...process.env, BOUNDS: 'off', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors, how] = await Promise.all([text(child.stdout), text(child.stderr), childEnd(child)]);
  expect(how, `${out.slice(-3000)}\n${errors.slice(-3000)}`).toBe('code 0');
  expect(out).toMatch(shows);
});
