/** What came of one fleet's run, and the tables that tell it. */
import { printTable } from '../table.ts';
import type { Attempt, Call } from './encoder.ts';
import { type Fault, type Moments, rates, type Spent } from './model.ts';

export type Outcome = {
  encoders: number;
  faults: readonly Fault[];
  compress: number;
  moments: Moments;
  /** What the plan alone allows of the efficiency. */
  allowed: number;
  /** Shares of the capacity. */
  useful: number;
  redone: number;
  idle: Record<Exclude<keyof Spent, 'capacity'>, number>;
  leases: number;
  redoneTasks: number;
  /** What encoders logged as gone wrong, and how often. */
  troubles: ReadonlyMap<string, number>;
  /** The tasks that were leased last: what a long tail waited for. */
  last: readonly Attempt[];
  calls: readonly Call[];
  /** Real. */
  seconds: number;
  rows: { read: number; written: number };
};

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const times = (calls: readonly Call[], kind: Call['kind']): number => calls.filter((call) => call.kind === kind).length;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

export const nameOf = ({ encoders, faults }: Outcome): string => {
  const deaths = faults.filter(({ kind }) => kind === 'death').length;
  return `${encoders}${faults.length === 0 ? '' : `, ${deaths} die, ${faults.length - deaths} cut off`}`;
};

export const ratesOf = ({ calls, seconds }: Outcome) =>
  rates(
    calls.map(({ at }) => at),
    seconds,
  );

export function printOutcomes(outcomes: readonly Outcome[]): void {
  console.log('\nModel seconds from POST to ready; shares of what the encoders could have done while they lived');
  printTable(
    [
      'encoders',
      '1 s is',
      'wall s',
      'efficiency',
      'plan allows',
      'redone',
      'start',
      'between',
      'tail',
      'publish',
      'redone tasks',
    ],
    outcomes.map((outcome) => [
      nameOf(outcome),
      `${outcome.compress.toFixed(0)} s`,
      (outcome.moments.ready - outcome.moments.posted).toFixed(0),
      percent(outcome.useful),
      percent(outcome.allowed),
      percent(outcome.redone),
      ...(['start', 'between', 'tail', 'publish'] as const).map((cause) => percent(outcome.idle[cause])),
      String(outcome.redoneTasks),
    ]),
  );
  console.log(
    '\nThe board, in real seconds; beside it one Durable Object is said to take 1,000 requests/s, 200–500 that write',
  );
  printTable(
    [
      ...['encoders', 'leases', 'empty', 'heartbeats', 'completes', 'requests/s', 'peak'],
      ...['complete ms', 'rows read', 'rows written', 'written/s'],
    ],
    outcomes.map((outcome) => {
      const { calls, seconds, rows } = outcome;
      const { mean, peak } = ratesOf(outcome);
      return [
        nameOf(outcome),
        ...[outcome.leases, times(calls, 'empty'), times(calls, 'heartbeat'), times(calls, 'complete')].map(String),
        mean.toFixed(1),
        String(peak),
        (1000 * median(calls.filter(({ kind }) => kind === 'complete').map((call) => call.seconds))).toFixed(0),
        String(rows.read),
        String(rows.written),
        (rows.written / seconds).toFixed(1),
      ];
    }),
  );
}
