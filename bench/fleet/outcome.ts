/** The outcome of a fleet's run, and the tables that show it. */
import { median } from '../numbers.ts';
import { printTable } from '../table.ts';
import type { Attempt, Call } from './encoder.ts';
import { type Fault, type Moments, rates, type Spent } from './model.ts';

export type Outcome = {
  encoders: number;
  faults: readonly Fault[];
  compress: number;
  moments: Moments;
  /** The highest efficiency that the plan allows. */
  allowed: number;
  /** The share of the capacity that did useful work. */
  useful: number;
  redone: number;
  idle: Record<Exclude<keyof Spent, 'capacity'>, number>;
  leases: number;
  redoneTasks: number;
  /** Problems that encoders logged, and how often. */
  troubles: ReadonlyMap<string, number>;
  /** The tasks that were leased last, which may cause a long tail. */
  last: readonly Attempt[];
  calls: readonly Call[];
  /** Real seconds. */
  seconds: number;
  rows: { read: number; written: number };
};

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const times = (calls: readonly Call[], kind: Call['kind']): number => calls.filter((call) => call.kind === kind).length;

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
  console.log(
    '\nTimes in model seconds, from POST to ready; shares of what the encoders could have done while they lived',
  );
  printTable(
    [
      'encoders',
      '1 s stands for',
      'wall s',
      'efficiency',
      'plan allows',
      'redone',
      'idle: start',
      'idle: between tasks',
      'idle: tail',
      'idle: publishing',
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
    '\nThe board, in real seconds; the documented limit of a Durable Object is 1,000 requests/s, or 200–500 that write',
  );
  printTable(
    [
      ...['encoders', 'leases', 'empty leases', 'heartbeats', 'completes', 'requests/s', 'peak requests/s'],
      ...['ms per complete', 'rows read', 'rows written', 'rows written/s'],
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
