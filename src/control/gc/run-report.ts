/** What a run found and did: objects and bytes by action and reason, with a few keys of each. Pure. */
import type { Decision } from './decide.ts';

const SAMPLES_KEPT = 5;

export type DecisionTally = Pick<Decision, 'action' | 'reason'> & { objects: number; bytes: number; samples: string[] };
export type RunReport = { listed: number; tallies: DecisionTally[] };

export type ObjectOutcome = { key: string; bytes: number; decision: Decision };

/** Changes the report in place. */
export function addToReport(report: RunReport, outcomes: readonly ObjectOutcome[]): void {
  report.listed += outcomes.length;
  for (const { key, bytes, decision } of outcomes) {
    const { action, reason } = decision;
    let tally = report.tallies.find((known) => known.action === action && known.reason === reason);
    if (tally === undefined) {
      tally = { action, reason, objects: 0, bytes: 0, samples: [] };
      report.tallies.push(tally);
    }
    tally.objects += 1;
    tally.bytes += bytes;
    if (tally.samples.length < SAMPLES_KEPT) {
      tally.samples.push(key);
    }
  }
}
