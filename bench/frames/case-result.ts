/** What a case found, and the checks that all cases share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeFrames } from './decoded.ts';
import type { Film } from './encode-film.ts';
import { type FrameFaults, hasFaults } from './promise.ts';

export type CaseResult = {
  chunks: number;
  frames: number;
  faults: FrameFaults;
  /** In samples at 48 kHz, from start to end. Null if there is no or too little sound. */
  driftSamples: number | null;
  /** How late the sound is at its start, middle and end. */
  soundMs: readonly number[] | null;
  /** Descriptions of all errors. Empty if everything is as promised. */
  problems: string[];
};

const NO_FAULTS: FrameFaults = { lost: 0, repeated: 0, reordered: 0, unreadable: 0, misplaced: 0 };
const MAX_RUNS = 12;

/** `0-14 16-20`: runs of consecutive frames. */
export function runsOf(numbers: readonly (number | null)[]): string {
  const runs: [number | null, number | null][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number !== null && run[1] === number - 1) {
      run[1] = number;
    } else {
      runs.push([number, number]);
    }
  }
  const shown = runs.slice(0, MAX_RUNS).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return [...shown, ...(runs.length > MAX_RUNS ? [`and ${runs.length - MAX_RUNS} more runs`] : [])].join(' ');
}

type Pictures = Pick<CaseResult, 'frames' | 'faults' | 'problems'>;

/** Reads the pictures of every rendition, checks their times, and adds up what `compare` finds. */
export async function comparePictures(
  { plan, videoPaths }: Film,
  compare: (numbers: readonly (number | null)[]) => FrameFaults,
): Promise<Pictures> {
  const { frameTicks } = plan.video;
  const result: Pictures = { frames: 0, faults: { ...NO_FAULTS }, problems: [] };
  for (const path of videoPaths) {
    const shown = await decodeFrames(path);
    const numbers = shown.map(({ number }) => number);
    const found = compare(numbers);
    result.frames += shown.length;
    for (const [name, count] of Object.entries(found)) {
      result.faults[name as keyof FrameFaults] += count;
    }
    if (hasFaults(found)) {
      result.problems.push(`${JSON.stringify(found)}: ${runsOf(numbers)}`);
    }
    const late = shown.findIndex(({ ticks }, index) => ticks !== index * frameTicks);
    if (late >= 0) {
      result.problems.push(`frame ${late} is at tick ${shown[late]?.ticks} instead of ${late * frameTicks}`);
    }
  }
  return result;
}

/** Runs a case in a temporary folder. Does not throw: an exception is reported as a problem. */
export async function tryIn(run: (directory: string) => Promise<CaseResult>): Promise<CaseResult> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-frames-'));
  try {
    return await run(directory);
  } catch (error) {
    const problem = error instanceof Error ? error.message.slice(0, 2000) : String(error);
    return { chunks: 0, frames: 0, faults: { ...NO_FAULTS }, driftSamples: null, soundMs: null, problems: [problem] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
