/**
 * `npm run bench -- last-tasks [N…]`: measures what the rule gains by which the board keeps a job's last tasks from
 * slow encoders (src/control/encoding/board/last-tasks.ts). N encoders (default 30, 100 and 360) drive the real
 * TaskBoard in workerd in virtual time (fleet/worker/virtual-time.ts), so a build gives the same figures on any
 * machine. The film has two hours without sound and would take one encoder four hours. Speeds differ by up to a factor
 * of 4 and are drawn with the seeds 1 to SEEDS. Fails if the gain is too small to justify the rule.
 */
import { percent } from './fleet/outcome.ts';
import { simulate } from './fleet/simulate.ts';
import { type FleetSystem, startFleetSystem } from './fleet/system.ts';
import { numberOf, sum } from './numbers.ts';
import { printTable } from './table.ts';

const FILM_SECONDS = 2 * 3600;
const JOB_SECONDS = 4 * 3600;
const SEEDS = numberOf('SEEDS', 4);
const BOUND_FLEET = 100;
/** Points of efficiency. With a smaller gain, first come, first served would be good enough. */
const LEAST_WORTH = 0.03;

const fleets = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [30, BOUND_FLEET, 360];
if (fleets.some((count) => !Number.isInteger(count) || count < 1)) {
  throw new RangeError('usage: npm run bench -- last-tasks [N…]');
}

const mean = (values: readonly number[]): number => sum(values) / values.length;

async function efficiencies(system: FleetSystem, encoders: number, isRuleOn: boolean): Promise<number[]> {
  const found: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const film = { filmSeconds: FILM_SECONDS, jobSeconds: JOB_SECONDS, sound: 'none' } as const;
    found.push(JOB_SECONDS / encoders / (await simulate(system, { ...film, encoders, seed, isRuleOn })));
  }
  return found;
}

const system = await startFleetSystem({});
try {
  const rows: string[][] = [];
  for (const encoders of fleets) {
    const withRule = await efficiencies(system, encoders, true);
    const without = await efficiencies(system, encoders, false);
    const worth = mean(withRule) - mean(without);
    const all = (values: readonly number[]): string =>
      `${percent(Math.min(...values))} to ${percent(Math.max(...values))}`;
    const cells = [withRule, without].flatMap((values) => [percent(mean(values)), all(values)]);
    rows.push([String(encoders), ...cells, (100 * worth).toFixed(1)]);
    if (encoders === BOUND_FLEET && worth < LEAST_WORTH) {
      process.exitCode = 1;
    }
  }
  printTable(['encoders', 'with the rule', 'all seeds', 'without the rule', 'all seeds', 'gain, points'], rows);
} finally {
  await system.close();
}
