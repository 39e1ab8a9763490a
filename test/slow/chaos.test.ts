/**
 * Jobs end well on a system that breaks: encoders that are killed and stopped, a Worker that is restarted, connections that
 * are cut. A short, seeded run of `npm run bench -- chaos`: the moments fall a little elsewhere each time, what has to hold
 * does not.
 */
import { expect, test } from 'vitest';
import { type Outcome, runChaos, totalViolations, violations } from '../../bench/chaos/chaos.ts';
import type { LogLine } from '../../scripts/worker-process.ts';

/** Six chunks of one segment each. */
const CLIP = { width: 640, height: 360, seconds: 24 };
const CHUNKS = 6;
const FRAMES = 576;
const LOG_LINES_SHOWN = 60;

test('every job ends ready, with the frames of an undisturbed run, and nothing is left', async () => {
  const logLines: LogLine[] = [];
  const log = (line: LogLine) => logLines.push(line);
  try {
    const outcome = await runChaos({ rounds: 2, seed: 7, clip: CLIP, leaseSeconds: 5, log, onRound: () => {} });
    expect(outcome.broken).toEqual([]);
    expect(outcome.rounds.flatMap(({ felt }) => felt).length).toBeGreaterThan(0);
    for (const { chunks, decoded } of [...outcome.undisturbed, ...outcome.rounds]) {
      expect(chunks).toBe(CHUNKS);
      expect(decoded.slice(0, -1).map(({ frames }) => frames)).toEqual([FRAMES, FRAMES]);
    }
    expectNoticed(outcome);
  } catch (error) {
    for (const { source, text } of logLines.slice(-LOG_LINES_SHOWN)) {
      console.error(`${source}: ${text}`);
    }
    throw error;
  }
});

/** The same rules, on a round that is wrong. */
function expectNoticed({ undisturbed: [right] }: Outcome): void {
  if (right === undefined) {
    throw new Error('there was no undisturbed run');
  }
  const [picture, ...others] = right.decoded;
  const lost = { frames: (picture?.frames ?? 0) - 1, sha256: 'other' };
  expect(violations(right, right, 'it')).toEqual([]);
  expect(violations({ ...right, decoded: [lost, ...others] }, right, 'it')).toHaveLength(1);
  expect(violations({ ...right, redone: { chunks: 0.5, sound: 0 } }, right, 'it')).toHaveLength(1);
  expect(violations({ ...right, redone: { chunks: 3.5, sound: 0 }, losses: 1 }, right, 'it')).toHaveLength(1);
  const costly = { redone: { chunks: 1.5, sound: 0 }, losses: 1 };
  expect(totalViolations([costly, { ...costly, losses: 2 }])).toEqual([]);
  expect(totalViolations([costly, costly])).toHaveLength(1);
  expect(violations({ ...right, moreAttempts: 1 }, right, 'it')).toHaveLength(1);
}
