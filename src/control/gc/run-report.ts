/** What a run found and did: objects and bytes by action and reason, with a few keys of each. Pure. */
import { z } from 'zod';
import type { Decision } from './decide.ts';

/** Enough to see what is meant. */
const SAMPLES_KEPT = 5;

const tallySchema = z.strictObject({
  action: z.enum(['keep', 'wait', 'delete']),
  reason: z.string(),
  objects: z.int(),
  bytes: z.int(),
  /** The first few. */
  samples: z.array(z.string()),
});
export const reportSchema = z.strictObject({ listed: z.int(), tallies: z.array(tallySchema) });
export type RunReport = z.infer<typeof reportSchema>;

export const EMPTY_REPORT: RunReport = { listed: 0, tallies: [] };

export type ObjectOutcome = { key: string; bytes: number; decision: Decision };

/** A new report: the one given stays as it is. */
export function addToReport(report: RunReport, outcomes: readonly ObjectOutcome[]): RunReport {
  const tallies = new Map(
    report.tallies.map((tally) => [`${tally.action}/${tally.reason}`, { ...tally, samples: [...tally.samples] }]),
  );
  for (const { key, bytes, decision } of outcomes) {
    const { action, reason } = decision;
    const id = `${action}/${reason}`;
    const tally = tallies.get(id) ?? { action, reason, objects: 0, bytes: 0, samples: [] };
    tally.objects += 1;
    tally.bytes += bytes;
    if (tally.samples.length < SAMPLES_KEPT) {
      tally.samples.push(key);
    }
    tallies.set(id, tally);
  }
  return { listed: report.listed + outcomes.length, tallies: [...tallies.values()] };
}
